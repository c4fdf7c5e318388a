import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { addressOf, KNOWN_MS, networkOf, newDevice, Throttle, type Attempt } from '#nest';
import { CONFIG, KeyedLimiter, REDIS, withRedis } from '#platform';
import { MAX_QUEUED, rethrowFull } from './password-hasher';

const QUARTER_HOUR = 15 * 60;
const rules = {
  network: { name: 'password-network', points: 10, durationSeconds: QUARTER_HOUR },
  unknownNetworks: { name: 'password-strangers', points: 100, durationSeconds: QUARTER_HOUR },
  address: { name: 'password-address', points: 100, durationSeconds: QUARTER_HOUR },
  registrations: { name: 'registrations', points: 300, durationSeconds: 3_600 },
} as const;
/** Of the browsers, addresses and networks that logged in to an account, so many latest ones are known. */
const MAX_KNOWN = 300;
/** Attempts of one account that are verified at once; the rest waits in order. */
const PER_ACCOUNT = 2;

/** An attempt to authenticate: for which account, from which address and browser. */
export interface Guess {
  /** The e-mail, in lower case. */
  account: string;
  ip: string;
  /** The id in the browser's device cookie for the account, if it sent one. */
  device: string | null;
  userAgent: string;
}

/** What an attempt is counted under. */
interface Counter {
  by: 'device' | 'address' | 'network' | 'unknown network';
  key: string;
}

/**
 * Rate limits for every endpoint that verifies a password. Only failures count. A browser that has logged in to the
 * account before has a counter of its own, and so has an exact address; other addresses share the counter of their
 * network (each for the account), networks that never logged in to it also one of the account, and everything but known
 * browsers one of the address over all accounts. So guesses from elsewhere cannot lock out an owner's browser.
 */
@Injectable()
export class PasswordAttempts {
  private readonly network: Throttle;
  private readonly unknownNetworks: Throttle;
  private readonly address: Throttle;
  private readonly registrations: Throttle;
  private readonly accounts = new KeyedLimiter(PER_ACCOUNT, MAX_QUEUED);

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
  async limit(guess: Guess, verify: (isKnown: boolean) => Promise<boolean>): Promise<boolean> {
    const counter = await this.counterOf(guess);
    const isKnown = counter.by !== 'unknown network';
    const lane = isKnown ? counter.key : accountHash(guess);
    return this.accounts.run(lane, () => this.count(guess, counter, () => verify(isKnown))).catch(rethrowFull);
  }

  /** Runs `register` as one counted registration, successful or not. @throws {ProblemError} too_many_attempts */
  async limitRegistration<T>(ip: string, register: () => Promise<T>): Promise<T> {
    const attempt = await this.registrations.reserve(addressOf(ip));
    await attempt.recordFailure();
    return this.accounts.run(`registrations:${networkOf(ip)}`, register).catch(rethrowFull);
  }

  /**
   * Remembers the browser, the address and the network of a login or registration for the account.
   * @returns the id for the device cookie of the browser
   */
  async remember(guess: Guess): Promise<string> {
    const isKnownDevice = (await this.counterOf(guess)).by === 'device';
    const device = guess.device && isKnownDevice ? guess.device : newDevice(); // never one that others have chosen
    const key = this.knownKey(guess);
    const now = Date.now();
    const members = [...knownMembers({ ...guess, device }).map(([, member]) => member), agentMember(guess)];
    await withRedis(() =>
      this.redis
        .multi()
        .zadd(key, ...members.flatMap((member) => [now + KNOWN_MS, member]))
        .zremrangebyscore(key, 0, now)
        .zremrangebyrank(key, 0, -MAX_KNOWN - 1)
        .pexpire(key, KNOWN_MS)
        .exec(),
    );
    return device;
  }

  /**
   * Whether the browser has logged in to the account before, by its cookie, or one of the same kind in the same
   * network: programs without cookies are not a new device at each login, nor is a browser that has just registered.
   */
  async isKnownBrowser(guess: Guess): Promise<boolean> {
    const members = knownMembers(guess).flatMap(([by, member]) => (by === 'device' ? member : []));
    const scores = await withRedis(() => this.redis.zmscore(this.knownKey(guess), ...members, agentMember(guess)));
    return scores.some((score) => Number(score ?? 0) > Date.now());
  }

  private async count(guess: Guess, counter: Counter, verify: () => Promise<boolean>): Promise<boolean> {
    const attempt = await this.reserve(guess, counter);
    const isRight = await verify().catch(async (error: unknown) => {
      await attempt.release(); // not verified, so not counted
      throw error;
    });
    if (!isRight) await attempt.recordFailure();
    else await Promise.all([attempt.release(), this.network.forget(counter.key)]);
    return isRight;
  }

  private async counterOf(guess: Guess): Promise<Counter> {
    const members = knownMembers(guess);
    const scores = await withRedis(() =>
      Promise.all(members.map(([, member]) => this.redis.zscore(this.knownKey(guess), member))),
    );
    const known = members.find((_member, at) => Number(scores[at] ?? 0) > Date.now());
    const [by, member] = known ?? (['unknown network', networkOf(guess.ip)] as const);
    return { by, key: `${accountHash(guess)}:${member}` };
  }

  private async reserve(guess: Guess, { by, key }: Counter): Promise<Attempt> {
    const steps = [
      ...(by === 'device' ? [] : [() => this.address.reserve(addressOf(guess.ip))]),
      () => this.network.reserve(key),
      ...(by === 'unknown network' ? [() => this.unknownNetworks.reserve(accountHash(guess))] : []),
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

/** Hashed, so that keys in Redis contain no e-mail addresses and no ids of cookies. */
const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url');
const accountHash = ({ account }: Guess) => hashOf(account);

const agentMember = ({ userAgent, ip }: Guess) => `agent:${hashOf(`${userAgent} ${networkOf(ip)}`)}`;

/** The names under which the origin of a guess may be known, the most specific one first. */
const knownMembers = ({ device, ip }: Guess) => [
  ...(device ? [['device', `device:${hashOf(device)}`] as const] : []),
  ['address', addressOf(ip)] as const,
  ['network', networkOf(ip)] as const,
];
