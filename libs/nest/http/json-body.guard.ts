import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import express, { type Request, type Response } from 'express';
import type { Endpoint } from '#contracts';
import { ENDPOINT } from './endpoint';
import { ProblemError } from './problem';

const LIMIT_BYTES = 256 * 1024;
/** Timeout for reading a body of at most `LIMIT_BYTES`. */
const TIME_LIMIT_MS = 30_000;
const parseJson = express.json({ limit: LIMIT_BYTES, strict: true });

/**
 * Reads the JSON body, for endpoints that declare one only: uploads are streams that no parser may consume, and an
 * unknown route is a 404 whatever its body is. It is a guard because guards run first, and passport reads the body in
 * one.
 */
export class JsonBodyGuard implements CanActivate {
  private readonly reflector = new Reflector();

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = this.reflector.get<Endpoint | undefined>(ENDPOINT, context.getHandler());
    if (!endpoint?.body) return true;
    const http = context.switchToHttp();
    await readJson(http.getRequest<Request>(), http.getResponse<Response>());
    return true;
  }
}

async function readJson(req: Request, res: Response): Promise<void> {
  const type = req.is('application/json'); // null without a body
  if (type === null || req.headers['content-length'] === '0') return;
  if (Number(req.headers['content-length']) > LIMIT_BYTES) throw new ProblemError('payload_too_large');
  if (!type)
    throw new ProblemError('unsupported_media_type', {
      detail: 'Send the body as JSON, with content type application/json.',
    });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () =>
      reject(
        new ProblemError('malformed_request', {
          detail: 'The body did not arrive in time. Check your connection and try again.',
        }),
      ),
    TIME_LIMIT_MS,
  );
  parseJson(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
  await promise.finally(() => clearTimeout(timer));
}
