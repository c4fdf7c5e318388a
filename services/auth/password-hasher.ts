import { Inject, Injectable } from '@nestjs/common';
import { hash, verify, type Options } from '@node-rs/argon2';
import { ProblemError } from '#nest';
import { ConcurrencyLimiter } from '#platform';

/** OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 passes, 1 lane. */
export const owasp: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export const HASHING = Symbol('what a hash costs');

/** Hashing shares the thread pool with file input and output (4 threads): leave half of it. */
const AT_ONCE = 2;
/** About 3 s of work; who comes later would wait for longer than a client does. */
const MAX_WAITING = 150;

/** The same characters however they were typed: composed or not, full width or not (RFC 8265 advises the like). */
export const canonical = (password: string) => password.normalize('NFKC');

@Injectable()
export class PasswordHasher {
  private readonly limiter = new ConcurrencyLimiter(AT_ONCE, MAX_WAITING);
  private readonly dummyHash: Promise<string>;

  constructor(@Inject(HASHING) private readonly options: Options) {
    this.dummyHash = hash('nobody has this password', options);
  }

  /** @throws {ProblemError} temporarily_unavailable when too many wait already. */
  hash(password: string): Promise<string> {
    return this.inTurn(false, () => hash(canonical(password), this.options));
  }

  /**
   * @param passwordHash null for an account that does not exist: takes the same time and is false.
   * @param isKnown the owner was here before: goes ahead of strangers, so that a flood of guesses does not keep owners out.
   */
  async verify(passwordHash: string | null, password: string, isKnown: boolean): Promise<boolean> {
    const against = passwordHash ?? (await this.dummyHash);
    const isRight = await this.inTurn(isKnown, () => verify(against, canonical(password)));
    return isRight && passwordHash !== null;
  }

  private inTurn<T>(isFirst: boolean, work: () => Promise<T>): Promise<T> {
    const turn = this.limiter.schedule(isFirst, work);
    if (!turn)
      throw new ProblemError('temporarily_unavailable', {
        headers: { 'Retry-After': '5' },
        cause: new Error('too many passwords wait to be hashed'),
      });
    return turn;
  }
}
