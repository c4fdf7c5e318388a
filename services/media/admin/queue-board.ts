import express, { type RequestHandler } from 'express';
import { api } from '#contracts';
import type { JobQueue } from '#platform';

const { path } = api.admin.board;

/** Its page finds its files by `<base href>`, which the policy of other pages forbids. */
const allowBase: RequestHandler = (_req, res, next) => {
  const policy = String(res.getHeader('Content-Security-Policy'));
  res.setHeader('Content-Security-Policy', policy.replace("base-uri 'none'", "base-uri 'self'"));
  next();
};

/** Serves the read-only board of the queues. Only admins reach it: see `requireUser` in libs/nest. */
export const queueBoard = (queue: JobQueue): RequestHandler => express.Router().use(path, allowBase, queue.board(path));
