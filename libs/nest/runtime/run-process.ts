import type { Logger } from 'pino';
import { OperatorError, loadConfig, type Config } from '#config';
import { announceReady, collectWhenIdle, stopWithParent } from '#platform';
import type { Health } from '../ops/health';
import { createLogger } from '../ops/logging';
import { startOpsServer } from '../ops/ops-server';
import type { Scaling } from '../ops/scaling';

export interface Running {
  /** The base URL of a process that serves HTTP. */
  url?: string;
  health: Health;
  scaling: Scaling;
  /** Finishes running work within 15 s and releases all resources. */
  stop(): Promise<void>;
}

/** A process exits within 20 s of a stop signal, even if something hangs. */
const STOP_LIMIT_MS = 19_000;

/** Runs a process: loads settings, starts it, serves health and metrics, stops on a signal or with its parent. */
export async function runProcess(
  name: string,
  start: (config: Config, logger: Logger) => Promise<Running>,
): Promise<void> {
  const config = loadConfigOrExit();
  const logger = createLogger(name, config);
  exitOnUncaughtError(logger);
  try {
    const running = await start(config, logger);
    const { opsHost: host, opsPort: port, isOpsPortFixed } = config;
    const ops = await startOpsServer(running, { host, port, fallback: !isOpsPortFixed });
    stopOnSignal(logger, async () => {
      running.health.stop();
      await running.stop();
      ops.server.close();
    });
    logger.info({ url: running.url, opsPort: ops.port }, 'ready');
    collectWhenIdle();
    announceReady({ ...(running.url && { url: running.url }), opsPort: ops.port });
  } catch (error) {
    if (error instanceof OperatorError || isPortTaken(error)) exitWithLine((error as Error).message);
    logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
}

function stopOnSignal(logger: Logger, finish: () => Promise<void>): void {
  let stopped: Promise<void> | null = null;
  const stop = () => {
    logger.info('stopping');
    return (stopped ??= finish());
  };
  const stopAndExit = () => {
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stopAndExit);
  process.on('SIGINT', stopAndExit);
  stopWithParent(stop);
}

function loadConfigOrExit(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (error instanceof OperatorError) exitWithLine(error.message);
    throw error;
  }
}

function exitWithLine(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** Exits because the state of the process is undefined (Node.js: `uncaughtException`); the supervisor restarts it. */
function exitOnUncaughtError(logger: Logger): void {
  const exit = (error: unknown) => {
    logger.fatal({ err: error }, 'uncaught error');
    process.exit(1);
  };
  process.on('uncaughtException', exit);
  process.on('unhandledRejection', exit);
}

const isPortTaken = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
