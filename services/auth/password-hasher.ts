import { Inject, Injectable } from '@nestjs/common';
import { hash, verify, type Options } from '@node-rs/argon2';
import { ProblemError } from '#nest';
import { ConcurrencyLimiter } from '#platform';

/** OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 passes, 1 lane. */
export const owaspOptions: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export const HASHING = Symbol('argon2 options');

/** Hashing shares libuv's thread pool (4 threads by default) with file I/O: half of it is left free. */
const CONCURRENCY = 2;
/** About 3 s of work: a longer wait exceeds the timeout of clients. */
const MAX_QUEUED = 150;

/** Unicode NFKC, so that composed and full-width forms of a character are equal (compare RFC 8265). */
export const normalizePassword = (password: string) => password.normalize('NFKC');

@Injectable()
export class PasswordHasher {
  private readonly limiter = new ConcurrencyLimiter(CONCURRENCY, MAX_QUEUED);
  private readonly dummyHash: Promise<string>;

  constructor(@Inject(HASHING) private readonly options: Options) {
    this.dummyHash = hash('no account has this password', options);
  }

  /** @throws {ProblemError} temporarily_unavailable when the queue is full */
  hash(password: string): Promise<string> {
    return this.runLimited(false, () => hash(normalizePassword(password), this.options));
  }

  /**
   * @param passwordHash null for an unknown account: resolves to false after the same time
   * @param isKnown whether the network is known for the account: queued ahead of others, so that a flood of guesses
   *   does not delay owners
   * @throws {ProblemError} temporarily_unavailable when the queue is full
   */
  async verify(passwordHash: string | null, password: string, isKnown: boolean): Promise<boolean> {
    const against = passwordHash ?? (await this.dummyHash);
    const isRight = await this.runLimited(isKnown, () => verify(against, normalizePassword(password)));
    return isRight && passwordHash !== null;
  }

  private runLimited<T>(hasPriority: boolean, work: () => Promise<T>): Promise<T> {
    const result = this.limiter.schedule(hasPriority, work);
    if (!result)
      throw new ProblemError('temporarily_unavailable', {
        headers: { 'Retry-After': '5' },
        cause: new Error('the password hashing queue is full'),
      });
    return result;
  }
}
