import type { DynamicModule, Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ConfigError, loadConfig, type Config } from '#config';
import { announceReady, stopWithParent } from '#platform';
import { Health } from './health';
import { createLogger } from './logging';
import { startOpsServer } from './ops-server';
import { createService } from './service';
import { Stopping } from './stopping';

export interface ServiceDefinition {
  name: string;
  module: (config: Config) => Type | DynamicModule;
}

/** How long running requests get to finish. With what follows, a stop stays below 20 s. */
const DRAIN_MS = 15_000;
const IDLE_SWEEP_MS = 200;

/** The whole life of a service process: settings, start, stop on a signal or with its parent. */
export async function runService({ name, module }: ServiceDefinition): Promise<void> {
  const config = settingsOrExit();
  const logger = createLogger(name, config);
  dieLoudly(logger);
  try {
    const app = await createService(module(config), { config, name });
    const address = await listen(app, config);
    const ops = await startOpsServer(app.get(Health), { host: config.host, port: config.opsPort });
    stopOnSignal(app, ops, logger);
    logger.info({ url: address }, 'ready');
    announceReady({ url: address });
  } catch (error) {
    if (error instanceof ConfigError || isPortTaken(error)) exitWithLine((error as Error).message);
    logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
}

async function listen(app: NestExpressApplication, config: Config): Promise<string> {
  await app.listen(config.port, config.host);
  const server = app.getHttpServer() as Server;
  server.requestTimeout = 0; // a slow upload may take hours; streams have an idle limit of their own
  server.headersTimeout = 65_000;
  server.keepAliveTimeout = 75_000; // above the proxy's, so that it never sends into a connection we just closed
  const { port } = server.address() as AddressInfo;
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
}

function stopOnSignal(app: NestExpressApplication, ops: Server, logger: Logger): void {
  let stopped: Promise<void> | null = null;
  const stop = () => (stopped ??= stopService(app, ops, logger));
  const leave = () => {
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

/** Not ready any more, no new connections, event streams end, running requests finish (or are cut after a while), then the rest. */
async function stopService(app: NestExpressApplication, ops: Server, logger: Logger): Promise<void> {
  logger.info('stopping');
  app.get(Health).stop();
  const server = app.getHttpServer() as Server;
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  app.get(Stopping).announce();
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed.promise;
  clearInterval(sweep);
  clearTimeout(cut);
  await app.close();
  ops.close();
  ops.closeAllConnections();
  logger.info('stopped');
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
function dieLoudly(logger: Logger): void {
  const die = (error: unknown) => {
    logger.fatal({ err: error }, 'unexpected error');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

const isPortTaken = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
