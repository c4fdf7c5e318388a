import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import type { DestinationStream } from 'pino';
import type { Config } from '#config';
import { api } from '#contracts';
import { REDIS } from '#platform';
import { Admins } from '../admin/admins';
import { apiDocs } from '../http/api-docs';
import { rejectCrossSite } from '../http/cross-site';
import { JsonBodyGuard } from '../http/json-body.guard';
import { rejectUnknownHost } from '../http/known-host';
import { overrideMethod } from '../http/method-override';
import { ProblemFilter } from '../http/problem';
import { securityHeaders } from '../http/security-headers';
import { answerHealth, Health } from '../ops/health';
import { createLogger, NestLogger, requestLog } from '../ops/logging';
import { measureRequests } from '../ops/metrics';
import { Authentication } from '../session/authentication';
import { requireUser, sessionMiddleware } from '../session/session.middleware';
import { rootModule } from './runtime.module';

export interface ServiceOptions {
  config: Config;
  /** Names the process in its logs. */
  name: string;
  /** Destination of log lines; stdout by default. */
  logTo?: DestinationStream;
}

/**
 * Creates an application with the middlewares of the API in their required order. `module` gets the platform and the
 * sessions as global providers, so it imports neither. It may also add routes outside the API (pages).
 */
export async function createService(
  module: Type | DynamicModule,
  options: ServiceOptions,
): Promise<NestExpressApplication> {
  const { config, name } = options;
  const logger = createLogger(name, config, options.logTo);
  const app = await NestFactory.create<NestExpressApplication>(rootModule(config, module), {
    bodyParser: false,
    abortOnError: false,
    logger: new NestLogger(logger),
  });
  app.set('trust proxy', config.trustProxy);
  app.disable('x-powered-by');
  app.disable('etag'); // responses are no-store, so clients never revalidate
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalGuards(new JsonBodyGuard());

  app.use(
    ...requestLog(logger),
    measureRequests(),
    securityHeaders(config.directUploadOrigin),
    rejectUnknownHost(config),
    rejectCrossSite,
  );
  app.use(healthRoutes(app.get(Health)));
  app.use('/api', noStore, compressJson, apiDocs());
  app.use(api.uploads.create.path, overrideMethod);
  const user = requireUser(app.get(Authentication), app.get(Admins));
  app.use('/api', sessionMiddleware(config, app.get<Redis>(REDIS)), user);
  return app;
}

/** API responses hold private data; handlers that serve files set their own policy. */
const noStore: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  next();
};

/**
 * Only JSON: stored media are compressed already, and events must not wait for a full block. Stored files have ranges
 * and strong validators, which hold for the bytes as they are.
 */
const compressJson = compression({
  filter: (_req, res) => /json\b/.test(String(res.getHeader('Content-Type'))) && !res.hasHeader('Accept-Ranges'),
});

function healthRoutes(health: Health): RequestHandler {
  return (req, res, next) => {
    answerHealth(health, req, res).then((answered) => (answered ? undefined : next()), next);
  };
}
