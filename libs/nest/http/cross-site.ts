import type { Request, RequestHandler } from 'express';
import { ProblemError } from './problem';

/** RFC 9110 section 9.2.1. */
export const SAFE_METHODS = new Set<string>(['GET', 'HEAD', 'OPTIONS']);
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);

/**
 * Rejects cross-site requests (CSRF). Browsers mark them by Fetch Metadata and Origin, which pages cannot forge; a
 * client that sends neither header is not a browser, so it only carries cookies of its own.
 */
export const rejectCrossSite: RequestHandler = (req, _res, next) => {
  next(!SAFE_METHODS.has(req.method) && isCrossSite(req) ? new ProblemError('cross_site_request') : undefined);
};

function isCrossSite(req: Request): boolean {
  const { 'sec-fetch-site': site, origin } = req.headers;
  if (typeof site === 'string' && FOREIGN_SITES.has(site.trim().toLowerCase())) return true;
  return origin !== undefined && originOf(origin) !== originOf(`${req.protocol}://${req.host}`);
}

/** Returns scheme, host and non-default port; for an invalid origin (`null`) a symbol that equals nothing. */
function originOf(text: string): string | symbol {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWeb = url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
  return isWeb ? url.origin : Symbol(text);
}
