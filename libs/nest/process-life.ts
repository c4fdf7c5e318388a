import type { Logger } from 'pino';
import { ConfigError, loadConfig, type Config } from '#config';
import { announceReady, stopWithParent } from '#platform';
import { createLogger } from './logging';

/** What a process has going once it does its work. */
export interface Running {
  /** Where it can be reached, for those who serve. */
  url?: string;
  /** Ends everything within 20 s. */
  stop(): Promise<void>;
}

/**
 * The whole life of a process: settings, start, readiness, stop on a signal or with its parent. A wrong setting or a
 * taken port is one line on stderr; anything unexpected ends the process, since its supervisor starts a fresh one.
 */
export async function liveAs(name: string, start: (config: Config, logger: Logger) => Promise<Running>): Promise<void> {
  const config = settingsOrExit();
  const logger = createLogger(name, config);
  dieLoudly(logger);
  try {
    const running = await start(config, logger);
    stopOnSignal(running, logger);
    logger.info({ url: running.url }, 'ready');
    announceReady(running.url === undefined ? {} : { url: running.url });
  } catch (error) {
    if (error instanceof ConfigError || isPortTaken(error)) exitWithLine((error as Error).message);
    logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
}

function stopOnSignal(running: Running, logger: Logger): void {
  let stopped: Promise<void> | null = null;
  const stop = () => (stopped ??= running.stop().then(() => logger.info('stopped')));
  const leave = () => {
    logger.info('stopping');
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

/** A process in an unknown state does no more work. */
function dieLoudly(logger: Logger): void {
  const die = (error: unknown) => {
    logger.fatal({ err: error }, 'unexpected error');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

const isPortTaken = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
