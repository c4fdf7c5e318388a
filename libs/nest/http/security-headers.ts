import type { RequestHandler } from 'express';
import helmet from 'helmet';

const self = ["'self'"];
const none = ["'none'"];

const directives = {
  defaultSrc: none,
  scriptSrc: self,
  styleSrc: self,
  imgSrc: [...self, 'blob:', 'data:'],
  mediaSrc: [...self, 'blob:'],
  connectSrc: self, // and the bucket, see below
  fontSrc: self,
  manifestSrc: self,
  workerSrc: self,
  formAction: self,
  baseUri: none,
  frameAncestors: none,
};

function headers(overHttps: boolean, connectTo: readonly string[]): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        ...directives,
        connectSrc: [...self, ...connectTo],
        ...(overHttps && { upgradeInsecureRequests: [] }),
      },
    },
    strictTransportSecurity: overHttps && { includeSubDomains: false }, // other hosts of a domain are not ours
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
}

/**
 * `bucketOrigin`: where the pages send direct uploads to; null without.
 * HSTS and upgrade-insecure-requests would break an installation on plain http, so they are sent over https only. */
export function securityHeaders(bucketOrigin: string | null = null): RequestHandler {
  const connectTo = bucketOrigin ? [bucketOrigin] : [];
  const plain = headers(false, connectTo);
  const secure = headers(true, connectTo);
  return (req, res, next) => (req.secure ? secure : plain)(req, res, next);
}
