import type { Request, RequestHandler } from 'express';
import { ProblemError } from './problem';

/** RFC 9110 section 9.2.1. */
export const SAFE_METHODS = new Set<string>(['GET', 'HEAD', 'OPTIONS']);
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);

/**
 * Refuses what another site makes a browser send. Browsers mark such requests by Fetch Metadata and Origin, and pages can
 * not forge either; a client that sends neither header is no browser and carries nobody's cookies but its own.
 */
export const refuseCrossSite: RequestHandler = (req, _res, next) => {
  next(!SAFE_METHODS.has(req.method) && isForeign(req) ? new ProblemError('cross_site_request') : undefined);
};

function isForeign(req: Request): boolean {
  const { 'sec-fetch-site': site, origin } = req.headers;
  if (typeof site === 'string' && FOREIGN_SITES.has(site.trim().toLowerCase())) return true;
  return origin !== undefined && originOf(origin) !== originOf(`${req.protocol}://${req.host}`);
}

/** Scheme, host and port, the default port left out; a symbol that equals nothing for what is no origin (`null`). */
function originOf(text: string): string | symbol {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWeb = url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
  return isWeb ? url.origin : Symbol(text);
}
