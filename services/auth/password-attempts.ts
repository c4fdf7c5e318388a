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
  strangers: { name: 'password-strangers', points: 100, durationSeconds: QUARTER_HOUR },
  address: { name: 'password-address', points: 100, durationSeconds: QUARTER_HOUR },
  registrations: { name: 'registrations', points: 300, durationSeconds: 3_600 },
} as const;
const KNOWN_MS = 90 * 86_400_000;

/** Whose password is tried from where. */
export interface Guess {
  /** The e-mail, in lower case. */
  account: string;
  ip: string;
}

/**
 * Every place where a password can be guessed counts here, failures alone: per account and network, per account from
 * networks that never logged in to it, and per address. Guessing from elsewhere uses up the strangers' share of an
 * account, never the share of a network that its owner was in: nobody can lock an owner out.
 */
@Injectable()
export class PasswordAttempts {
  private readonly network: Throttle;
  private readonly strangers: Throttle;
  private readonly address: Throttle;
  private readonly registrations: Throttle;

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.network = new Throttle(redis, config.tablePrefix, rules.network);
    this.strangers = new Throttle(redis, config.tablePrefix, rules.strangers);
    this.address = new Throttle(redis, config.tablePrefix, rules.address);
    this.registrations = new Throttle(redis, config.tablePrefix, rules.registrations);
  }

  /**
   * Lets `check` judge one attempt. @returns what it says.
   * @throws {ProblemError} too_many_attempts, before `check` is called
   */
  async judge(guess: Guess, check: (isKnownNetwork: boolean) => Promise<boolean>): Promise<boolean> {
    const isKnown = await this.isKnown(guess);
    const attempt = await this.reserve(guess, isKnown);
    const isRight = await check(isKnown).catch(async (error: unknown) => {
      await attempt.giveBack(); // it was not judged
      throw error;
    });
    if (!isRight) await attempt.failed();
    else await Promise.all([attempt.giveBack(), this.network.forget(networkKey(guess)), this.remember(guess)]);
    return isRight;
  }

  /** Every registration counts, whatever becomes of it. @throws {ProblemError} too_many_attempts */
  async countRegistration(ip: string): Promise<void> {
    const attempt = await this.registrations.reserve(addressOf(ip));
    await attempt.failed();
  }

  /** A login that did not need a password (registration) makes the network known as well. */
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
      ...(isKnown ? [] : [() => this.strangers.reserve(accountKey(guess))]),
    ];
    const held: Attempt[] = [];
    const each = (action: keyof Attempt) => async () =>
      void (await Promise.all(held.map((attempt) => attempt[action]())));
    for (const step of steps) {
      const attempt = await step().catch(async (refusal: unknown) => {
        await each('giveBack')();
        throw refusal;
      });
      held.push(attempt);
    }
    return { failed: each('failed'), giveBack: each('giveBack') };
  }

  private knownKey(guess: Guess): string {
    return `${this.config.tablePrefix}login:networks:${accountKey(guess)}`;
  }
}

/** No e-mail addresses in the keys of Redis. */
const accountKey = ({ account }: Guess) => createHash('sha256').update(account).digest('base64url');
const networkKey = (guess: Guess) => `${accountKey(guess)}:${networkOf(guess.ip)}`;
