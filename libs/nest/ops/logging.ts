import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import type { Request, RequestHandler, Response } from 'express';
import { pino, type Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import type { Config } from '#config';
// Imported by path: loading all of #platform takes longer than the logging test may.
import { logOutput } from '../../platform/log-output';

const secrets = [
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'cookie',
  'authorization',
  '["set-cookie"]',
  'sessionSecret',
];
/** At the top level of a line and one level down; headers and bodies are never logged. */
const redactedPaths = secrets.flatMap((name) => [name, name.startsWith('[') ? `*${name}` : `*.${name}`]);

/** Creates a logger of JSON lines, to stdout by default. Logging never blocks or ends the process (see `logOutput`). */
export function createLogger(
  name: string,
  config: Pick<Config, 'logLevel'>,
  destination?: pino.DestinationStream,
): Logger {
  const options = {
    name,
    level: config.logLevel,
    redact: { paths: redactedPaths, censor: '[redacted]' },
    serializers: { err: pino.stdSerializers.err },
  };
  // accessing `process.stdout` makes a pipe non-blocking
  return pino(options, destination ?? logOutput(process.stdout.fd, dropNotice));
}

const dropNotice = (dropped: number) =>
  JSON.stringify({ level: pino.levels.values.warn, time: Date.now(), dropped, msg: 'log lines were dropped' });

const current = new AsyncLocalStorage<Logger>();

/** Nest's logger interface over pino: lines written during a request carry its ids. */
export class NestLogger implements LoggerService {
  constructor(private readonly root: Logger) {}

  log = (message: unknown, ...rest: unknown[]) => this.write('info', message, rest);
  warn = (message: unknown, ...rest: unknown[]) => this.write('warn', message, rest);
  error = (message: unknown, ...rest: unknown[]) => this.write('error', message, rest);
  fatal = (message: unknown, ...rest: unknown[]) => this.write('fatal', message, rest);
  debug = (message: unknown, ...rest: unknown[]) => this.write('debug', message, rest);
  verbose = (message: unknown, ...rest: unknown[]) => this.write('trace', message, rest);

  /** Nest passes the context as the last argument, and for errors the stack before it. */
  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    const fields = { ...(typeof context === 'string' && { context }), ...(typeof stack === 'string' && { stack }) };
    const logger = current.getStore() ?? this.root;
    if (message instanceof Error) logger[level]({ ...fields, err: message });
    else if (typeof message === 'object') logger[level]({ ...fields, ...message });
    else logger[level](fields, String(message));
  }
}

const ID_HEADER = 'X-Request-Id';
const isHealth = (path: string | undefined) => path?.startsWith('/health/') ?? false;
const pathOf = (req: Request) => req.originalUrl.split('?', 1)[0];

/**
 * Logs one line per request: ids, path and outcome. Never headers, queries or bodies, so it contains no secrets.
 * Handlers set `res.locals.mediaId` to the medium they created.
 */
export function requestLog(logger: Logger): RequestHandler[] {
  const log = pinoHttp<Request, Response>({
    logger,
    genReqId: (_req, res) => {
      const id = randomUUID();
      res.setHeader(ID_HEADER, id);
      return id;
    },
    quietReqLogger: true,
    quietResLogger: true,
    autoLogging: { ignore: (req) => isHealth(req.url) },
    customAttributeKeys: { reqId: 'requestId' },
    customLogLevel: (_req, res, error) => levelOf(res, error),
    customSuccessObject: (req, res, value: { responseTime: number }) => facts(req, res, value.responseTime),
    customErrorObject: (req, res, error, value: { responseTime: number }) => ({
      ...facts(req, res, value.responseTime),
      err: error,
    }),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request failed',
  });
  return [log, (req, _res, next) => current.run(req.log as Logger, next)];
}

function levelOf(res: Response, error?: Error) {
  if (res.statusCode >= 500) return res.statusCode === 503 ? 'warn' : 'error';
  return error ? 'warn' : 'info';
}

function facts(req: Request, res: Response, durationMs: number) {
  const mediaId: unknown = res.locals.mediaId ?? mediaIdOf(req);
  return {
    method: req.method,
    path: pathOf(req),
    status: res.statusCode,
    durationMs,
    remoteAddress: req.ip,
    ...(req.sessionUser && { userId: req.sessionUser.id }),
    ...(typeof mediaId === 'string' && { mediaId }),
  };
}

const mediaIdOf = (req: Request) => /^\/api\/media\/([0-9A-Z]{26})(?:\/|$)/i.exec(pathOf(req) ?? '')?.[1];
