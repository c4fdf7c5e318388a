import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Config } from '#config';
import { Health } from '../ops/health';
import { NestLogger } from '../ops/logging';
import { Scaling } from '../ops/scaling';
import { runProcess } from './run-process';
import { rootModule } from './runtime.module';
import { createService } from './service';
import { ShutdownSignal } from './shutdown-signal';

export interface ServiceDefinition {
  /** Names the process in its logs. */
  name: string;
  module: (config: Config) => Type | DynamicModule;
}

/** Time limit for running requests to finish at a shutdown. */
const DRAIN_MS = 15_000;
const IDLE_SWEEP_MS = 200;
/**
 * Length of the accept queue (Node's default is 511). When it is full, the kernel drops new connections, health probes
 * included, for seconds.
 */
const BACKLOG = 4_096;
/**
 * The part of the process's file descriptors that connections may use. Beyond it they are closed at once: without any
 * descriptor left, files, Redis and DynamoDB would be out of reach for everyone.
 */
const CONNECTION_SHARE = 0.5;

/** Runs a service that serves HTTP on HOST:PORT. */
export function runService({ name, module }: ServiceDefinition): Promise<void> {
  return runProcess(name, async (config) => {
    const app = await createService(module(config), { config, name });
    const url = await listen(app, config);
    return { url, health: app.get(Health), scaling: app.get(Scaling), stop: () => stopService(app) };
  });
}

/** Runs a service without HTTP, except for health and metrics on OPS_PORT. */
export function runHeadless({ name, module }: ServiceDefinition): Promise<void> {
  return runProcess(name, async (config, logger) => {
    const app = await NestFactory.createApplicationContext(rootModule(config, module(config)), {
      logger: new NestLogger(logger),
      abortOnError: false,
    });
    return { health: app.get(Health), scaling: app.get(Scaling), stop: () => app.close() };
  });
}

async function listen(app: NestExpressApplication, config: Config): Promise<string> {
  await app.init();
  const server = app.getHttpServer() as Server;
  server.listen({ port: config.port, host: config.host, backlog: BACKLOG });
  await once(server, 'listening');
  server.maxConnections = Math.floor(descriptorLimit() * CONNECTION_SHARE);
  server.requestTimeout = 0; // a slow upload may take hours; streams have their own idle timeout
  server.headersTimeout = 65_000;
  server.keepAliveTimeout = 75_000; // above the proxy's, which must not reuse a connection just closed
  const { port } = server.address() as AddressInfo;
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
}

/** Returns how many file descriptors the process may open. Node raises the soft limit to the hard one at its start. */
function descriptorLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const limit = Number(userLimits?.open_files?.soft);
  return limit > 0 ? limit : Number.MAX_SAFE_INTEGER; // "unlimited", and systems without this limit
}

/** Stops accepting connections, ends event streams, drains requests up to `DRAIN_MS`, then closes the application. */
async function stopService(app: NestExpressApplication): Promise<void> {
  const server = app.getHttpServer() as Server;
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  app.get(ShutdownSignal).announce();
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const timeout = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed.promise;
  clearInterval(sweep);
  clearTimeout(timeout);
  await app.close();
}
