import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { withRedis } from './redis';

/** Both touch the lock only while it is ours: after a pause it may be another holder's. */
const RENEW = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;
const RELEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

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
    const key = `${this.prefix}lock:${name}`;
    const token = randomUUID();
    const taken = await withRedis(() => this.redis.set(key, token, 'PX', ttlMs, 'NX'));
    if (taken === null) return false;
    const lost = new AbortController();
    let renewedAt = Date.now();
    const renew = async () => {
      const startedAt = Date.now();
      const held = await this.redis.eval(RENEW, 1, key, token, ttlMs).catch(() => null);
      if (held === 1) renewedAt = startedAt;
      if (held === 0 || Date.now() - renewedAt > ttlMs) lost.abort(new Error(`Lost the lock "${name}"`));
    };
    const timer = setInterval(() => void renew(), ttlMs / 3);
    try {
      await work(lost.signal);
    } finally {
      clearInterval(timer);
      await this.redis.eval(RELEASE, 1, key, token).catch(() => {}); // Redis away: it expires by itself
    }
    return true;
  }
}
