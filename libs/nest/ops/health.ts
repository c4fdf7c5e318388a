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

type State = 'ok' | 'degraded' | 'down';
export interface Readiness {
  status: State;
  checks: Record<Dependency, 'ok' | 'down'>;
}

const CHECK_MS = 2_000;
const CACHE_MS = 1_000;
const dependencies = ['redis', 'dynamodb', 'storage', 'alerts', 'mail'] as const satisfies readonly Dependency[];

/** Readiness of this process: checks all dependencies in parallel, at most once a second. */
export class Health {
  private cached: { at: number; readiness: Promise<Readiness> } | null = null;
  private stopping = false;

  constructor(private readonly checks: Record<Dependency, () => Promise<void>>) {}

  /** Checks the dependencies that PlatformModule provides. */
  static of(queue: JobQueue, dynamo: Dynamo, storage: Storage, alerts: Alerts, mailer: Mailer): Health {
    return new Health({
      redis: () => queue.check(),
      dynamodb: () => dynamo.check(),
      storage: () => storage.check(),
      alerts: () => alerts.check(),
      mail: () => mailer.check(),
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
    const errors = await Promise.all(dependencies.map((name) => errorOf(this.checks[name])));
    const checks = Object.fromEntries(
      dependencies.map((name, at) => [name, errors[at] === null ? 'ok' : 'down']),
    ) as Readiness['checks'];
    const storageFull = errors[2] instanceof StorageFullError;
    const isDown = checks.redis === 'down' || checks.dynamodb === 'down' || (checks.storage === 'down' && !storageFull);
    if (isDown) return { status: 'down', checks };
    const isDegraded = checks.alerts === 'down' || checks.mail === 'down' || storageFull;
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
