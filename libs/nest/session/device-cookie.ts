import { createHash, randomBytes } from 'node:crypto';
import type { Request, RequestHandler } from 'express';

/** How long a browser is known after its latest login. */
export const KNOWN_MS = 90 * 86_400_000;

/** One cookie per account, so that several accounts may use one browser. */
const cookieName = (account: string) =>
  `snapstream.device.${createHash('sha256').update(account).digest('hex').slice(0, 12)}`;

/**
 * Returns the id in the device cookie of a request for an account, or null. The id proves nothing by itself: it must be
 * one that was issued at a login to the account (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
 */
export function readDevice(req: Request, account: string): string | null {
  const prefix = `${cookieName(account)}=`;
  const cookie = req.headers.cookie?.split(/; ?/).find((pair) => pair.startsWith(prefix));
  return cookie?.slice(prefix.length) ?? null;
}

/** Returns an id for the device cookie of a browser. */
export const newDevice = () => randomBytes(32).toString('base64url');

/** Sends the id of a browser with the response of its login. */
export function sendDevice(req: Request, account: string, device: string): void {
  const { res } = req;
  if (!res) return;
  res.locals.sendDevice = () =>
    res.cookie(cookieName(account), device, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: req.secure,
      maxAge: KNOWN_MS,
    });
}

/**
 * Lets the device cookie follow that of the session, which `sessions` adds as the headers are written: simple clients
 * read the first cookie only.
 */
export function sendDeviceAfter(sessions: RequestHandler): RequestHandler {
  return (req, res, next) => {
    const writeHead = res.writeHead.bind(res) as (...parameters: unknown[]) => typeof res;
    res.writeHead = (...parameters: unknown[]) => {
      (res.locals.sendDevice as (() => void) | undefined)?.();
      return writeHead(...parameters);
    };
    sessions(req, res, next);
  };
}
