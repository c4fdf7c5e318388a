import type { Request, RequestHandler, Response } from 'express';
import { collectDefaultMetrics, Counter, Histogram, register } from 'prom-client';
import { api, type MediaKind } from '#contracts';

/** What becomes of a delivery: the two ends of a round, handed back unharmed, an error of ours, or too late. */
export type JobOutcome = 'completed' | 'failed' | 'released' | 'error' | 'fenced';

interface Metrics {
  requests: Histogram<'method' | 'route' | 'status'>;
  uploadsAccepted: Counter;
  uploadsRefused: Counter<'code'>;
  jobs: Histogram<'kind' | 'outcome'>;
}

let metrics: Metrics | null = null;

/** Of the process; safe to call again. */
export function startMetrics(): Metrics {
  if (metrics) return metrics;
  collectDefaultMetrics();
  metrics = {
    requests: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
    }),
    uploadsAccepted: new Counter({ name: 'snapstream_uploads_accepted_total', help: 'Uploads that became a medium' }),
    uploadsRefused: new Counter({
      name: 'snapstream_uploads_refused_total',
      help: 'Requests of uploads that were refused, by the code of the problem',
      labelNames: ['code'],
    }),
    jobs: new Histogram({
      name: 'snapstream_job_duration_seconds',
      help: 'Time that deliveries of media took from claim to end; its count is the number of jobs finished',
      labelNames: ['kind', 'outcome'],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600],
    }),
  };
  return metrics;
}

/** Labels by route, not by address: ids would make a series each. */
export function measureRequests(): RequestHandler {
  const { requests } = startMetrics();
  return (req, res, next) => {
    const stop = requests.startTimer({ method: req.method });
    res.once('close', () => {
      stop({ route: (req.route as { path?: string } | undefined)?.path ?? 'other', status: res.statusCode });
      countUpload(req, res);
    });
    next();
  };
}

const isUpload = ({ method, originalUrl }: Request) => {
  const [path = ''] = originalUrl.split('?', 1);
  const { upload } = api.media;
  const { create, append } = api.uploads;
  return (
    (method === upload.method && path === upload.path) ||
    (method === create.method && path === create.path) ||
    (method === append.method && path.startsWith(`${create.path}/`))
  );
};

/** Whoever makes a medium names it in `res.locals.mediaId`; who refuses, its code in `res.locals.problem`. */
function countUpload(req: Request, res: Response): void {
  if (!isUpload(req)) return;
  const { mediaId, problem } = res.locals as { mediaId?: string; problem?: string };
  if (problem) startMetrics().uploadsRefused.inc({ code: problem });
  else if (mediaId) startMetrics().uploadsAccepted.inc();
}

/** @returns what to call when the delivery has ended. */
export function measureJob(kind: MediaKind): (outcome: JobOutcome) => void {
  const stop = startMetrics().jobs.startTimer({ kind });
  return (outcome) => void stop({ outcome });
}

const scrapes = new Set<() => Promise<void>>();

/** Calls `refresh` whenever somebody asks for the metrics, until what it returns is called. */
export function beforeScrape(refresh: () => Promise<void>): () => void {
  scrapes.add(refresh);
  return () => void scrapes.delete(refresh);
}

export async function metricsText(): Promise<string> {
  await Promise.all([...scrapes].map((refresh) => refresh()));
  return register.metrics();
}

export const metricsType = register.contentType;
