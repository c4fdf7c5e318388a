import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import type { DestinationStream } from 'pino';
import type { Config } from '#config';
import { REDIS } from '#platform';
import { apiDocs } from '../http/api-docs';
import { refuseCrossSite } from '../http/cross-site';
import { JsonBodyGuard } from '../http/json-body.guard';
import { ProblemFilter } from '../http/problem';
import { securityHeaders } from '../http/security-headers';
import { answerHealth, Health } from '../ops/health';
import { createLogger, NestLogger, requestLog } from '../ops/logging';
import { measureRequests } from '../ops/metrics';
import { requireSession, sessionMiddleware } from '../session/session.middleware';
import { Sessions } from '../session/sessions';
import { rootModule } from './runtime.module';

export interface ServiceOptions {
  config: Config;
  /** Names the process in its logs. */
  name: string;
  /** Where log lines go; stdout when left out. */
  logTo?: DestinationStream;
}

/**
 * An application with everything the ground rules of the API ask for, in their order. `module` gets the platform and the
 * sessions as global providers, so it imports neither. Routes that are no API (pages) may be added by `module` as well.
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
  app.disable('etag'); // nobody keeps an answer that is not to be stored
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalGuards(new JsonBodyGuard());

  app.use(...requestLog(logger), measureRequests(), securityHeaders(), refuseCrossSite);
  app.use(healthRoutes(app.get(Health)));
  app.use('/api', noStore, apiDocs());
  app.use('/api', sessionMiddleware(config, app.get<Redis>(REDIS)), requireSession(app.get(Sessions)));
  return app;
}

/** Answers of the API hold private data; handlers of bytes set a policy of their own. */
const noStore: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  next();
};

function healthRoutes(health: Health): RequestHandler {
  return (req, res, next) => {
    answerHealth(health, req, res).then((answered) => (answered ? undefined : next()), next);
  };
}
