import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { withRedis } from './redis';

/** Both touch the lock only while it is ours: after a pause it may be another holder's. The first answers 2 when somebody waits. */
const RENEW = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1 + redis.call('DEL', KEYS[2])`;
const RELEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
/** Soon at first, then less and less often: many may wait for one lock. */
const ASK_AGAIN_MS = { first: 100, growth: 1.5, most: 1_000 };

export interface HeldLock {
  /** Aborts when the lock was lost. */
  lost: AbortSignal;
  /** Never rejects: with Redis away it is tried again until the lock expires by itself. */
  release(): Promise<void>;
}

/** Somebody else held a lock for as long as we were ready to wait. */
export class LockTimeoutError extends Error {}

/**
 * One holder at a time across processes; the lock outlives its holder's death by at most its time to live.
 * It saves double work. It does not make anything correct: what runs under it must bear a second runner.
 */
export class Locks {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Runs `work` at most once per period, by whichever process asks first after it. One that breaks off is tried again. */
  async oncePer(name: string, periodMs: number, work: () => Promise<void>): Promise<void> {
    const key = `${this.prefix}done:${name}`;
    if (await withRedis(() => this.redis.exists(key))) return;
    await work();
    await withRedis(() => this.redis.set(key, '1', 'PX', periodMs));
  }

  /**
   * Runs `work` unless another process holds the lock; renews it meanwhile. `signal` aborts when the lock was lost.
   * @returns false when another one holds it.
   * @throws {DependencyUnavailableError} when Redis can not be asked for the lock.
   */
  async tryWith(name: string, ttlMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const held = await this.take(name, ttlMs);
    if (!held) return false;
    try {
      await work(held.lost);
    } finally {
      await held.release();
    }
    return true;
  }

  /**
   * Waits for the lock, and lets its holder know. `onWanted` is called when somebody waits for ours: let go soon.
   * @throws {LockTimeoutError} after `waitMs`. @throws {DependencyUnavailableError} when Redis can not be asked.
   */
  async acquire(
    name: string,
    ttlMs: number,
    { waitMs, signal, onWanted }: { waitMs: number; signal?: AbortSignal; onWanted?: () => void },
  ): Promise<HeldLock> {
    const giveUpAt = Date.now() + waitMs;
    for (let pauseMs = ASK_AGAIN_MS.first; ; pauseMs = Math.min(pauseMs * ASK_AGAIN_MS.growth, ASK_AGAIN_MS.most)) {
      const held = await this.take(name, ttlMs, onWanted);
      if (held) return held;
      if (Date.now() > giveUpAt) throw new LockTimeoutError(`Expected the lock "${name}" within ${waitMs} ms`);
      await withRedis(() => this.redis.set(this.wantedKey(name), '1', 'PX', ttlMs));
      await sleep(pauseMs, undefined, { signal });
    }
  }

  private async take(name: string, ttlMs: number, onWanted?: () => void): Promise<HeldLock | null> {
    const key = `${this.prefix}lock:${name}`;
    const token = randomUUID();
    const taken = await withRedis(() => this.redis.set(key, token, 'PX', ttlMs, 'NX'));
    if (taken === null) return null;
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
      const tryToRelease = () =>
        this.redis.eval(RELEASE, 1, key, token).then(
          () => true,
          () => false,
        );
      if (!(await tryToRelease())) void untilDone(tryToRelease, ttlMs);
    };
    return { lost: lost.signal, release };
  }

  private wantedKey(name: string): string {
    return `${this.prefix}wanted:${name}`;
  }
}

async function untilDone(attempt: () => Promise<boolean>, forMs: number): Promise<void> {
  const giveUpAt = Date.now() + forMs;
  do await sleep(ASK_AGAIN_MS.most, undefined, { ref: false });
  while (Date.now() < giveUpAt && !(await attempt()));
}
