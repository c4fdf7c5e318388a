import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { retry } from '../retry';
import { withRedis } from './redis';

/**
 * Both change the lock only while it has our token: after a pause it may belong to another holder. RENEW returns 2 when
 * another process waits for the lock.
 */
const RENEW = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1 + redis.call('DEL', KEYS[2])`;
const RELEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
/** Backoff while waiting: many processes may wait for one lock. */
const BACKOFF_MS = { initial: 100, factor: 1.5, max: 1_000 };

export interface HeldLock {
  /** Aborts when the lock was lost. */
  lost: AbortSignal;
  /** Never rejects: while Redis is unavailable it is retried until the lock has expired. */
  release(): Promise<void>;
}

/** The lock was held by another process for the whole waiting time. */
export class LockTimeoutError extends Error {}

/**
 * One holder at a time across processes; the lock of a crashed holder expires after at most its time to live.
 * It avoids duplicate work but guarantees no mutual exclusion: work must be correct when two processes run it.
 */
export class Locks {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Runs `work` once per period, in the first process that calls this. Work that fails is retried by the next call. */
  async oncePer(name: string, periodMs: number, work: () => Promise<void>): Promise<void> {
    const key = `${this.prefix}done:${name}`;
    if (await withRedis(() => this.redis.exists(key))) return;
    await work();
    await withRedis(() => this.redis.set(key, '1', 'PX', periodMs));
  }

  /**
   * Runs `work`, and tells it by `isLost` whether Redis has lost all data since `work` last succeeded under this name,
   * e.g. by FLUSHALL or a new volume; also true at the first run.
   */
  async noticingLoss(name: string, work: (isLost: boolean) => Promise<void>): Promise<void> {
    const key = `${this.prefix}kept:${name}`;
    const isLost = (await withRedis(() => this.redis.exists(key))) === 0;
    await work(isLost);
    if (isLost) await withRedis(() => this.redis.set(key, '1'));
  }

  /**
   * Runs `work` unless another process holds the lock, and renews it meanwhile. `signal` aborts when the lock is lost.
   * @returns false when another process holds it.
   * @throws {DependencyUnavailableError} when Redis is unavailable.
   */
  async tryWith(name: string, ttlMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const held = await this.tryAcquire(name, ttlMs);
    if (!held) return false;
    try {
      await work(held.lost);
    } finally {
      await held.release();
    }
    return true;
  }

  /**
   * Waits for the lock and notifies its holder. `onWanted` is called when another process waits for the acquired lock,
   * which should then be released soon.
   * @throws {LockTimeoutError} after `waitMs`.
   * @throws {DependencyUnavailableError} when Redis is unavailable.
   */
  async acquire(
    name: string,
    ttlMs: number,
    { waitMs, signal, onWanted }: { waitMs: number; signal?: AbortSignal; onWanted?: () => void },
  ): Promise<HeldLock> {
    const giveUpAt = Date.now() + waitMs;
    const { initial, factor, max } = BACKOFF_MS;
    for (let pauseMs: number = initial; ; pauseMs = Math.min(pauseMs * factor, max)) {
      const held = await this.tryAcquire(name, ttlMs, onWanted);
      if (held) return held;
      if (Date.now() > giveUpAt) throw new LockTimeoutError(`Expected the lock "${name}" within ${waitMs} ms`);
      await withRedis(() => this.redis.set(this.wantedKey(name), '1', 'PX', ttlMs));
      await sleep(pauseMs, undefined, { signal });
    }
  }

  private async tryAcquire(name: string, ttlMs: number, onWanted?: () => void): Promise<HeldLock | null> {
    const key = `${this.prefix}lock:${name}`;
    const token = randomUUID();
    const acquired = await withRedis(() => this.redis.set(key, token, 'PX', ttlMs, 'NX'));
    if (acquired === null) return null;
    const lost = new AbortController();
    let renewedAt = Date.now();
    const renew = async () => {
      const startedAt = Date.now();
      const held = await this.redis.eval(RENEW, 2, key, this.wantedKey(name), token, ttlMs).catch(() => null);
      if (held === 1 || held === 2) renewedAt = startedAt;
      if (held === 2) onWanted?.();
      if (held === 0 || Date.now() - renewedAt > ttlMs) lost.abort(new Error(`Lost the lock "${name}"`));
    };
    const timer = setInterval(() => void renew(), Math.min(ttlMs / 3, onWanted ? 500 : ttlMs));
    const release = async () => {
      clearInterval(timer);
      const tryToRelease = () => this.redis.eval(RELEASE, 1, key, token);
      const retryInBackground = () =>
        void retry(tryToRelease, { everyMs: BACKOFF_MS.max, forMs: ttlMs, unref: true }).catch(() => {});
      await tryToRelease().catch(retryInBackground);
    };
    return { lost: lost.signal, release };
  }

  private wantedKey(name: string): string {
    return `${this.prefix}wanted:${name}`;
  }
}
