import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { Throttle, type Attempt } from '#nest';
import { CONFIG, REDIS, withRedis } from '#platform';
import { addressOf, networkOf } from './network';

const QUARTER_HOUR = 15 * 60;
const rules = {
  network: { name: 'password-network', points: 10, durationSeconds: QUARTER_HOUR },
  unknownNetworks: { name: 'password-strangers', points: 100, durationSeconds: QUARTER_HOUR },
  address: { name: 'password-address', points: 100, durationSeconds: QUARTER_HOUR },
  registrations: { name: 'registrations', points: 300, durationSeconds: 3_600 },
} as const;
const KNOWN_MS = 90 * 86_400_000;

/** An attempt to authenticate: for which account, from which address. */
export interface Guess {
  /** The e-mail, in lower case. */
  account: string;
  ip: string;
}

/**
 * Rate limits for every endpoint that verifies a password. Only failures count: per account and network, per account
 * over all networks that never logged in to it, and per address. Guessing from unknown networks uses up the limit that
 * those networks share, never the limit of a network that the owner has logged in from: it cannot lock the owner out.
 */
@Injectable()
export class PasswordAttempts {
  private readonly network: Throttle;
  private readonly unknownNetworks: Throttle;
  private readonly address: Throttle;
  private readonly registrations: Throttle;

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.network = new Throttle(redis, config.tablePrefix, rules.network);
    this.unknownNetworks = new Throttle(redis, config.tablePrefix, rules.unknownNetworks);
    this.address = new Throttle(redis, config.tablePrefix, rules.address);
    this.registrations = new Throttle(redis, config.tablePrefix, rules.registrations);
  }

  /**
   * Runs `verify` as one rate-limited attempt and returns its result.
   * @throws {ProblemError} too_many_attempts, before `verify` is called
   */
  async limit(guess: Guess, verify: (isKnownNetwork: boolean) => Promise<boolean>): Promise<boolean> {
    const isKnown = await this.isKnown(guess);
    const attempt = await this.reserve(guess, isKnown);
    const isRight = await verify(isKnown).catch(async (error: unknown) => {
      await attempt.release(); // not verified, so not counted
      throw error;
    });
    if (!isRight) await attempt.recordFailure();
    else await Promise.all([attempt.release(), this.network.forget(networkKey(guess)), this.remember(guess)]);
    return isRight;
  }

  /** Counts a registration, successful or not. @throws {ProblemError} too_many_attempts */
  async countRegistration(ip: string): Promise<void> {
    const attempt = await this.registrations.reserve(addressOf(ip));
    await attempt.recordFailure();
  }

  /** Marks the network as known for the account; registration calls it too. */
  async remember(guess: Guess): Promise<void> {
    const key = this.knownKey(guess);
    const now = Date.now();
    await withRedis(() =>
      this.redis
        .multi()
        .zadd(key, now + KNOWN_MS, networkOf(guess.ip))
        .zremrangebyscore(key, 0, now)
        .pexpire(key, KNOWN_MS)
        .exec(),
    );
  }

  private async isKnown(guess: Guess): Promise<boolean> {
    const until = await withRedis(() => this.redis.zscore(this.knownKey(guess), networkOf(guess.ip)));
    return until !== null && Number(until) > Date.now();
  }

  private async reserve(guess: Guess, isKnown: boolean): Promise<Attempt> {
    const steps = [
      () => this.address.reserve(addressOf(guess.ip)),
      () => this.network.reserve(networkKey(guess)),
      ...(isKnown ? [] : [() => this.unknownNetworks.reserve(accountHash(guess))]),
    ];
    const held: Attempt[] = [];
    const each = (action: keyof Attempt) => async () =>
      void (await Promise.all(held.map((attempt) => attempt[action]())));
    for (const step of steps) {
      const attempt = await step().catch(async (error: unknown) => {
        await each('release')();
        throw error;
      });
      held.push(attempt);
    }
    return { recordFailure: each('recordFailure'), release: each('release') };
  }

  private knownKey(guess: Guess): string {
    return `${this.config.tablePrefix}login:networks:${accountHash(guess)}`;
  }
}

/** Hashed, so that keys in Redis contain no e-mail addresses. */
const accountHash = ({ account }: Guess) => createHash('sha256').update(account).digest('base64url');
const networkKey = (guess: Guess) => `${accountHash(guess)}:${networkOf(guess.ip)}`;
