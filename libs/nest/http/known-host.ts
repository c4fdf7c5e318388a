import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import type { Config } from '#config';
import { ProblemError } from './problem';

/**
 * Names that public DNS does not resolve, so that no stranger can point one to this server: without a dot (as in a LAN
 * or between containers), RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, and `lan` of many routers.
 */
const LOCAL_NAME = /^[^.]+$|\.(?:localhost|local|home\.arpa|internal|lan)$/;

/** Whether a host name, in lower case, has a meaning in a local network only. */
export const isLocalName = (name: string) => LOCAL_NAME.test(name);

/**
 * Returns whether a `Host` is an address or a name of this server: an IP address, a local name, HOST or the name in
 * PUBLIC_URL. By any other name a page of a stranger may reach it through its visitor's browser, as its own origin (DNS
 * rebinding).
 */
export function hostCheck({ host, publicUrl }: Pick<Config, 'host' | 'publicUrl'>): (given: string) => boolean {
  const configured = new Set([nameOf(host), publicUrl && nameOf(new URL(publicUrl).host)]);
  return (given) => {
    const name = nameOf(given);
    return name !== null && (isIP(name) > 0 || isLocalName(name) || configured.has(name));
  };
}

/** Rejects requests under a name that is not this server's. @throws {ProblemError} unknown_host */
export function rejectUnknownHost(config: Config): RequestHandler {
  const isKnown = hostCheck(config);
  return (req, _res, next) => {
    // Both the header and, behind a trusted proxy, X-Forwarded-Host, which a page can set. HTTP/1.0 may have neither.
    const hosts = [req.headers.host, req.host].filter((host) => host !== undefined);
    next(hosts.every(isKnown) ? undefined : new ProblemError('unknown_host'));
  };
}

/** Returns the name in a `Host` in lower case, an IPv6 address without brackets, or null if it is malformed. */
function nameOf(host: string): string | null {
  const url = isIP(host) === 6 ? `http://[${host}]` : `http://${host}`;
  if (!URL.canParse(url)) return null;
  return new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');
}
