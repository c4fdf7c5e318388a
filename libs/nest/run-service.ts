import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '#config';
import { Health } from './health';
import { NestLogger } from './logging';
import { startOpsServer } from './ops-server';
import { liveAs } from './process-life';
import { createService, rootModule } from './service';
import { Stopping } from './stopping';

export interface ServiceDefinition {
  name: string;
  module: (config: Config) => Type | DynamicModule;
}

/** How long running requests get to finish. With what follows, a stop stays below 20 s. */
const DRAIN_MS = 15_000;
const IDLE_SWEEP_MS = 200;

/** The process of a service that answers requests. */
export async function runService({ name, module }: ServiceDefinition): Promise<void> {
  await liveAs(name, async (config) => {
    const app = await createService(module(config), { config, name });
    const url = await listen(app, config);
    const ops = await startOpsServer(app.get(Health), { host: config.host, port: config.opsPort });
    return { url, stop: () => stopService(app, ops) };
  });
}

/** The process of a service that takes jobs alone: health and metrics are all it serves. */
export async function runHeadless({ name, module }: ServiceDefinition): Promise<void> {
  await liveAs(name, async (config, logger) => {
    const app = await NestFactory.createApplicationContext(rootModule(config, module(config)), { abortOnError: false, logger: new NestLogger(logger) });
    const health = app.get(Health);
    const ops = await startOpsServer(health, { host: config.host, port: config.opsPort });
    const stop = async () => {
      health.stop();
      await app.close();
      closeOps(ops);
    };
    return { stop };
  });
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

/** Not ready any more, no new connections, event streams end, running requests finish (or are cut after a while), then the rest. */
async function stopService(app: NestExpressApplication, ops: Server): Promise<void> {
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
  closeOps(ops);
}

function closeOps(ops: Server): void {
  ops.close();
  ops.closeAllConnections();
}
