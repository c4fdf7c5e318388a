import { Inject, Injectable } from '@nestjs/common';
import { hash, verify, type Options } from '@node-rs/argon2';
import { networkOf, ProblemError } from '#nest';
import { ConcurrencyLimiter, KeyedLimiter, LimiterFullError } from '#platform';

/** OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 passes, 1 lane. */
export const owaspOptions: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export const HASHING = Symbol('argon2 options');

/** Hashing shares libuv's thread pool (4 threads by default) with file I/O: half of it is left free. */
const CONCURRENCY = 2;
/** About 3 s of work: a longer wait exceeds the timeout of clients. */
export const MAX_QUEUED = 150;
/** Hashes of one network at once: all others have the next turns of the common queue. */
const PER_NETWORK = 2;

/** For whom a password is hashed. */
export interface HashingClient {
  ip: string;
  /**
   * Whether the browser or the network has logged in to the account before: queued ahead of others, so that a flood of
   * guesses does not delay owners.
   */
  isKnown: boolean;
}

/** Unicode NFKC, so that composed and full-width forms of a character are equal (compare RFC 8265). */
export const normalizePassword = (password: string) => password.normalize('NFKC');

@Injectable()
export class PasswordHasher {
  private readonly limiter = new ConcurrencyLimiter(CONCURRENCY, MAX_QUEUED);
  private readonly networks = new KeyedLimiter(PER_NETWORK, MAX_QUEUED);
  private readonly dummyHash: Promise<string>;

  constructor(@Inject(HASHING) private readonly options: Options) {
    this.dummyHash = hash('no account has this password', options);
  }

  /** @throws {ProblemError} temporarily_unavailable, too_many_attempts when too many wait */
  hash(password: string, client: HashingClient): Promise<string> {
    return this.runLimited(client, () => hash(normalizePassword(password), this.options));
  }

  /**
   * @param passwordHash null for an unknown account: resolves to false after the same time
   * @throws {ProblemError} as `hash`
   */
  async verify(passwordHash: string | null, password: string, client: HashingClient): Promise<boolean> {
    const against = passwordHash ?? (await this.dummyHash);
    const isRight = await this.runLimited(client, () => verify(against, normalizePassword(password)));
    return isRight && passwordHash !== null;
  }

  private runLimited<T>({ ip, isKnown }: HashingClient, work: () => Promise<T>): Promise<T> {
    return this.networks.run(networkOf(ip), () => this.enqueue(isKnown, work)).catch(rethrowFull);
  }

  private async enqueue<T>(hasPriority: boolean, work: () => Promise<T>): Promise<T> {
    const result = this.limiter.schedule(hasPriority, work);
    if (!result)
      throw new ProblemError('temporarily_unavailable', {
        headers: { 'Retry-After': '5' },
        cause: new Error('the password hashing queue is full'),
      });
    return result;
  }
}

/** For `catch`: a client that has too much work waiting is asked to come back later. */
export function rethrowFull(error: unknown): never {
  if (!(error instanceof LimiterFullError)) throw error;
  throw new ProblemError('too_many_attempts', { headers: { 'Retry-After': '5' }, cause: error });
}
