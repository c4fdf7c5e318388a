import type { Logger } from 'pino';
import { ConfigError, loadConfig, type Config } from '#config';
import { announceReady, stopWithParent } from '#platform';
import type { Health } from '../ops/health';
import { createLogger } from '../ops/logging';
import { startOpsServer } from '../ops/ops-server';

export interface Running {
  /** Where it can be reached, for those who serve. */
  url?: string;
  health: Health;
  /** Finishes what runs, within 15 s, and lets go of everything. */
  stop(): Promise<void>;
}

/** A process that is asked to stop is gone within 20 s, whatever hangs. */
const STOP_LIMIT_MS = 19_000;

/** The whole life of a process: settings, start, health and metrics, stop on a signal or with its parent. */
export async function runProcess(
  name: string,
  start: (config: Config, logger: Logger) => Promise<Running>,
): Promise<void> {
  const config = settingsOrExit();
  const logger = createLogger(name, config);
  exitOnUncaughtError(logger);
  try {
    const running = await start(config, logger);
    const ops = await startOpsServer(running.health, { host: config.host, port: config.opsPort });
    stopOnSignal(logger, async () => {
      running.health.stop();
      await running.stop();
      ops.close();
    });
    logger.info({ url: running.url, opsPort: config.opsPort }, 'ready');
    announceReady({ ...(running.url && { url: running.url }) });
  } catch (error) {
    if (error instanceof ConfigError || isPortTaken(error)) exitWithLine((error as Error).message);
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
  const leave = () => {
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  stopWithParent(stop);
}

function settingsOrExit(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (error instanceof ConfigError) exitWithLine(error.message);
    throw error;
  }
}

function exitWithLine(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** A process in an unknown state does no more work: its supervisor starts a fresh one. */
function exitOnUncaughtError(logger: Logger): void {
  const die = (error: unknown) => {
    logger.fatal({ err: error }, 'unexpected error');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

const isPortTaken = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
