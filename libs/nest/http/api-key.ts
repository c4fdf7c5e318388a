import type { Request } from 'express';
import { isPublic } from './endpoint';

/** Returns the API key that a request sends, valid or not; none for public routes, which need no account. */
export function apiKeyOf(req: Request): string | null {
  const key = /^Bearer +(snap_\S*) *$/i.exec(req.headers.authorization ?? '')?.[1];
  return key === undefined || isPublic(req.method, req.baseUrl + req.path) ? null : key;
}
