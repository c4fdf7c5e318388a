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
  connectSrc: self,
  fontSrc: self,
  manifestSrc: self,
  workerSrc: self,
  formAction: self,
  baseUri: none,
  frameAncestors: none,
};

function headers(overHttps: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { ...directives, ...(overHttps && { upgradeInsecureRequests: [] }) },
    },
    strictTransportSecurity: overHttps && { includeSubDomains: false }, // other hosts of a domain are not ours
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
}

/** HSTS and upgrade-insecure-requests would break an installation on plain http, so they are sent over https only. */
export function securityHeaders(): RequestHandler {
  const plain = headers(false);
  const secure = headers(true);
  return (req, res, next) => (req.secure ? secure : plain)(req, res, next);
}
