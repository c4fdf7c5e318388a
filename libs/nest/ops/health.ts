import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  StorageFullError,
  type Alerts,
  type Dependency,
  type Dynamo,
  type JobQueue,
  type Mailer,
  type Storage,
} from '#platform';
import type { CanaryLog } from './canary-log';

/** What is checked: the dependencies, and the latest run of the canary. */
type Check = Dependency | 'canary';
type Checked = [JobQueue, Dynamo, Storage, Alerts, Mailer, CanaryLog];
type State = 'ok' | 'degraded' | 'down';
export interface Readiness {
  status: State;
  checks: Record<Check, 'ok' | 'down'>;
}

const CHECK_MS = 2_000;
const CACHE_MS = 1_000;
const names = ['redis', 'dynamodb', 'storage', 'alerts', 'mail', 'canary'] as const satisfies readonly Check[];

/**
 * Readiness of this process: runs all checks in parallel, at most once a second. Without alerts, mails or a successful
 * canary the process is useful nevertheless, so it is degraded, not down.
 */
export class Health {
  private cached: { at: number; readiness: Promise<Readiness> } | null = null;
  private stopping = false;

  constructor(private readonly checks: Record<Check, () => Promise<void>>) {}

  /** Checks the dependencies that PlatformModule provides, and the canary. */
  static of(...[queue, dynamo, storage, alerts, mailer, canary]: Checked): Health {
    return new Health({
      redis: () => queue.check(),
      dynamodb: () => dynamo.check(),
      storage: () => storage.check(),
      alerts: () => alerts.check(),
      mail: () => mailer.check(),
      canary: () => canary.check(),
    });
  }

  /** Reports `down` from now on, so that no more requests are routed here. */
  stop(): void {
    this.stopping = true;
  }

  async readiness(): Promise<Readiness> {
    if (!this.cached || Date.now() - this.cached.at > CACHE_MS)
      this.cached = { at: Date.now(), readiness: this.runChecks() };
    const readiness = await this.cached.readiness;
    return this.stopping ? { ...readiness, status: 'down' } : readiness;
  }

  private async runChecks(): Promise<Readiness> {
    const errors = await Promise.all(names.map((name) => errorOf(this.checks[name])));
    const checks = Object.fromEntries(
      names.map((name, at) => [name, errors[at] === null ? 'ok' : 'down']),
    ) as Readiness['checks'];
    const storageFull = errors[2] instanceof StorageFullError;
    const isDown = checks.redis === 'down' || checks.dynamodb === 'down' || (checks.storage === 'down' && !storageFull);
    if (isDown) return { status: 'down', checks };
    const isDegraded = [checks.alerts, checks.mail, checks.canary].includes('down') || storageFull;
    return { status: isDegraded ? 'degraded' : 'ok', checks };
  }
}

async function errorOf(check: () => Promise<void>): Promise<unknown> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error(`no response within ${CHECK_MS} ms`)), CHECK_MS);
  try {
    await Promise.race([check(), timeout.promise]);
    return null;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
  }
}

/** Answers `/health/live` and `/health/ready`. @returns false for any other path */
export async function answerHealth(health: Health, req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  const path = req.url?.split('?', 1)[0];
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  if (!isRead || (path !== '/health/live' && path !== '/health/ready')) return false;
  const answer = path === '/health/live' ? { status: 'ok' as const } : await health.readiness();
  res.statusCode = answer.status === 'down' ? 503 : 200;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.end(JSON.stringify(answer));
  return true;
}
