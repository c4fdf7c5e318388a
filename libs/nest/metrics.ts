import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Histogram, register } from 'prom-client';

let requests: Histogram<'method' | 'route' | 'status'> | null = null;

/** Of the process; safe to call again. */
export function startMetrics(): Histogram<'method' | 'route' | 'status'> {
  if (requests) return requests;
  collectDefaultMetrics();
  requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
  });
  return requests;
}

/** Labels by route, not by address: ids would make a series each. */
export function measureRequests(): RequestHandler {
  const histogram = startMetrics();
  return (req, res, next) => {
    const stop = histogram.startTimer({ method: req.method });
    res.once('close', () => stop({ route: (req.route as { path?: string } | undefined)?.path ?? 'other', status: res.statusCode }));
    next();
  };
}

export const metricsText = () => register.metrics();
export const metricsType = register.contentType;
