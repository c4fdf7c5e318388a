import { Logger } from '@nestjs/common';
import type { Request, RequestHandler } from 'express';
import { apiKeyOf } from './api-key';
import { ProblemError } from './problem';

/** RFC 9110 section 9.2.1. */
export const SAFE_METHODS = new Set<string>(['GET', 'HEAD', 'OPTIONS']);
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);
/** RFC 8058: mail programs send it from anywhere. Its token is all that it needs, and no cookie counts. */
const UNSUBSCRIBE = /^\/api\/unsubscribe\//i;
const logger = new Logger('CrossSite');

/**
 * Rejects cross-site requests (CSRF). Browsers mark them by Fetch Metadata and Origin, which pages cannot forge; a
 * client that sends neither header is not a browser, so it only carries cookies of its own. With an API key the cookie
 * is ignored, and no page can make a browser send the key.
 */
export const rejectCrossSite: RequestHandler = (req, _res, next) => {
  if (SAFE_METHODS.has(req.method) || apiKeyOf(req) !== null || UNSUBSCRIBE.test(req.path)) return next();
  const { 'sec-fetch-site': site, origin } = req.headers;
  if (typeof site === 'string' && FOREIGN_SITES.has(site.trim().toLowerCase()))
    return next(new ProblemError('cross_site_request'));
  if (origin === undefined || originOf(origin) === originOf(ownOrigin(req))) return next();
  const detail = proxyDetail(origin, ownOrigin(req));
  if (detail) logger.warn(detail);
  next(new ProblemError('cross_site_request', { ...(detail && { detail }) }));
};

const ownOrigin = (req: Request) => `${req.protocol}://${req.host}`;

/**
 * Explains a difference in port or scheme only, the usual effect of a proxy that changes the `Host` header (nginx:
 * `$host` has no port) or ends TLS; undefined where the name differs, too.
 */
function proxyDetail(origin: string, own: string): string | undefined {
  if (![origin, own].every((text) => URL.canParse(text))) return undefined;
  const [page, here] = [new URL(origin), new URL(own)];
  if (page.hostname !== here.hostname) return undefined;
  return (
    `The page is at ${page.origin}, but its request arrived for ${here.origin}. If a proxy is in between, let it ` +
    'pass the Host header with its port (nginx: $http_host) and X-Forwarded-Proto, and set TRUST_PROXY.'
  );
}

/** Returns scheme, host and non-default port; for an invalid origin (`null`) a symbol that equals nothing. */
function originOf(text: string): string | symbol {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWeb = url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
  return isWeb ? url.origin : Symbol(text);
}
