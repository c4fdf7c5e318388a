import type { RequestHandler } from 'express';

const METHODS = new Set(['PATCH', 'DELETE', 'HEAD']);

/**
 * Interprets a POST as the method in X-HTTP-Method-Override, for clients that can send POST only (tus 1.0.0, "Core
 * Protocol"). To be used after the check of cross-site requests.
 */
export const overrideMethod: RequestHandler = (req, _res, next) => {
  const method = req.get('x-http-method-override')?.trim().toUpperCase() ?? '';
  if (req.method === 'POST' && METHODS.has(method)) req.method = method;
  next();
};
