import { PRIORITY_LIMIT } from 'bullmq';
import type { Redis } from 'ioredis';
import type { WorkQueue } from '#contracts';
import { queuePrefix, withRedis } from '../redis/redis';

/** An entry without a job may be one whose job is being added: it counts as abandoned after this time. */
const ABANDONED_AFTER_MS = 10_000;

/**
 * KEYS, for every script: turns of the waiting jobs, latest turn of each user, current turn, when each job was sent.
 * BullMQ cannot add a job in the script that computes its priority, so both scripts decide by these keys alone.
 */
const JOIN = `
local turn = redis.call('ZSCORE', KEYS[1], ARGV[1])
if turn then return tonumber(turn) end
local current = tonumber(redis.call('GET', KEYS[3]) or '0')
local latest = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[2]) or '0')
turn = math.min(math.max(current, latest) + 1, tonumber(ARGV[4]))
redis.call('ZADD', KEYS[1], turn, ARGV[1])
redis.call('ZADD', KEYS[2], turn, ARGV[2])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
return turn`;

const DROP_ABANDONED = `
local function oldest(now, keyOfJob)
  while true do
    local entry = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
    if not entry[1] then return nil end
    local isRecent = tonumber(entry[2]) > tonumber(now) - ${ABANDONED_AFTER_MS}
    if isRecent or redis.call('EXISTS', keyOfJob .. entry[1]) == 1 then return entry[2] end
    redis.call('ZREM', KEYS[1], entry[1])
    redis.call('ZREM', KEYS[4], entry[1])
  end
end`;

const LEAVE = `${DROP_ABANDONED}
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
oldest(ARGV[3], ARGV[4])
local next = redis.call('ZRANGEBYSCORE', KEYS[1], 1, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if not next[1] then return redis.call('DEL', KEYS[2], KEYS[3]) end
-- a job of a killed worker may have a turn from before the latest restart at 1
local turn = math.min(tonumber(ARGV[2]), tonumber(next[2]))
if turn > tonumber(redis.call('GET', KEYS[3]) or '0') then
  redis.call('SET', KEYS[3], turn)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', turn)
end`;

const OLDEST = `${DROP_ABANDONED}
return oldest(ARGV[1], ARGV[2])`;

/** The sorted set of the waiting jobs of a queue by their turn: the rank of an id is the number of jobs before it. */
export const turnsKey = (prefix: string, queue: WorkQueue) => `${prefix}turns:${queue}`;

/**
 * Round robin between the users of a work queue, as priorities of its BullMQ jobs. A user's first waiting job gets the
 * turn after the current one, each further job the turn after the user's previous one: however many jobs of others
 * wait, at most one of each is taken before it, and those with later turns are reached although new users keep coming.
 * The turns are fixed when a job is sent, so a rank is exact. They restart at 1 whenever no job waits for one; from
 * `PRIORITY_LIMIT` (2 million) turns without such a moment on, new jobs are taken in the order of arrival.
 */
export class Turns {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Returns the turn of a job, the one that it has if it waits already. @throws {DependencyUnavailableError} */
  async join(queue: WorkQueue, id: string, userId: string): Promise<number> {
    return withRedis(async () => (await this.run(JOIN, queue, id, userId, Date.now(), PRIORITY_LIMIT)) as number);
  }

  /** Removes a job that is taken, or that ended. `turn` becomes the current one. Best effort: see {@link oldestAt}. */
  leave(queue: WorkQueue, id: string, turn = 0): void {
    void this.run(LEAVE, queue, id, turn, Date.now(), this.keyOfJob(queue)).catch(() => {});
  }

  /** As `leave`, for a job that has left, if a wake-up that was sent while it ran has joined again. Best effort. */
  leaveAgain(queue: WorkQueue, id: string): void {
    const joined = this.redis.zscore(turnsKey(this.prefix, queue), id);
    void joined.then((turn) => turn && this.leave(queue, id)).catch(() => {});
  }

  /** Puts a job that was taken and is delayed until `at` before all others. Best effort. */
  rejoin(queue: WorkQueue, id: string, at: Date): void {
    const [turns, , , sent] = this.keys(queue);
    const entries = this.redis.multi().zadd(turns!, 0, id).zadd(sent!, at.getTime(), id);
    void entries.exec().catch(() => {});
  }

  /** Returns when the oldest waiting job was sent, and drops entries without a job. */
  async oldestAt(queue: WorkQueue): Promise<Date | null> {
    const at = await withRedis(() => this.run(OLDEST, queue, Date.now(), this.keyOfJob(queue)));
    return at === null ? null : new Date(Number(at));
  }

  private run(script: string, queue: WorkQueue, ...args: Array<string | number>): Promise<unknown> {
    const keys = this.keys(queue);
    return this.redis.eval(script, keys.length, ...keys, ...args);
  }

  private keys(queue: WorkQueue): string[] {
    const key = turnsKey(this.prefix, queue);
    return [key, `${key}:users`, `${key}:current`, `${key}:sent`];
  }

  /** BullMQ's key of a deduplication id, without the id: it exists while the job waits, is delayed or runs. */
  private keyOfJob(queue: WorkQueue): string {
    return `${queuePrefix(this.prefix)}:${queue}:de:`;
  }
}
