import type { Request, RequestHandler, Response } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client';
import { api, type AnalyserName, type MediaKind } from '#contracts';

/** The outcome of a delivery: the two ends of a round, claim released, internal error, or fenced out. */
export type JobOutcome = 'completed' | 'failed' | 'released' | 'error' | 'fenced';

interface Metrics {
  requests: Histogram<'method' | 'route' | 'status'>;
  uploadsAccepted: Counter;
  uploadsRefused: Counter<'code'>;
  jobs: Histogram<'kind' | 'outcome'>;
  restraints: Gauge<'restraint'>;
}

let metrics: Metrics | null = null;

/** Registers the metrics of the process. Idempotent. */
export function startMetrics(): Metrics {
  if (metrics) return metrics;
  collectDefaultMetrics();
  metrics = {
    requests: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its response',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
    }),
    uploadsAccepted: new Counter({ name: 'snapstream_uploads_accepted_total', help: 'Uploads that became a medium' }),
    uploadsRefused: new Counter({
      name: 'snapstream_uploads_refused_total',
      help: 'Upload requests that were rejected, by problem code',
      labelNames: ['code'],
    }),
    jobs: new Histogram({
      name: 'snapstream_job_duration_seconds',
      help: 'Duration of deliveries from claim to end; its count is the number of finished jobs',
      labelNames: ['kind', 'outcome'],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600],
    }),
    restraints: new Gauge({
      name: 'snapstream_sandbox_restraint',
      help: 'Per worker: 1 when the analysis process has this restraint, 0 when it is missing',
      labelNames: ['restraint'],
    }),
  };
  return metrics;
}

/** Labels by route, not by path: each id would create a series. */
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

/** Handlers set `res.locals.mediaId` to the created medium; `sendProblem` sets `res.locals.problem` to the code. */
function countUpload(req: Request, res: Response): void {
  if (!isUpload(req)) return;
  const { mediaId, problem } = res.locals as { mediaId?: string; problem?: string };
  if (problem) startMetrics().uploadsRefused.inc({ code: problem });
  else if (mediaId) startMetrics().uploadsAccepted.inc();
}

/** Starts the timer of a delivery. @returns a function to call with its outcome */
export function measureJob(kind: MediaKind | AnalyserName): (outcome: JobOutcome) => void {
  const stop = startMetrics().jobs.startTimer({ kind });
  return (outcome) => void stop({ outcome });
}

/** Sets which restraints (by name) the analysis process of this worker has. */
export function measureRestraints(restraints: Record<string, boolean>): void {
  for (const [restraint, holds] of Object.entries(restraints))
    startMetrics().restraints.set({ restraint }, holds ? 1 : 0);
}

const refreshers = new Set<() => Promise<void>>();

/** Calls `refresh` before each scrape of the metrics. @returns a function that removes it */
export function beforeScrape(refresh: () => Promise<void>): () => void {
  refreshers.add(refresh);
  return () => void refreshers.delete(refresh);
}

export async function metricsText(): Promise<string> {
  await Promise.all([...refreshers].map((refresh) => refresh()));
  return register.metrics();
}

export const metricsType = register.contentType;
