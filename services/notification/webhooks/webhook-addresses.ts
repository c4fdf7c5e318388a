import { lookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Inject, Injectable, Optional } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import type { Config } from '#config';
import { isLocalName } from '#nest';
import { CONFIG } from '#platform';

/** A name leads to an address that is not public. */
export class NotPublicError extends Error {}

interface Address {
  address: string;
  family: 4 | 6;
}

const DNS_TIMEOUT_MS = 2_000;
/** RFC 4291, section 2.4: all global unicast addresses that are assigned so far. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an IP address is public: not loopback, private, link-local (metadata services), multicast, reserved, … */
function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.process(address); // also unwraps IPv4 in IPv6 (::ffff:127.0.0.1)
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}

/**
 * Which addresses webhooks may lead to. The server is inside a private network, so the address that a user enters must
 * not make it send requests there (OWASP, "Server-Side Request Forgery Prevention Cheat Sheet").
 */
@Injectable()
export class WebhookAddresses {
  private readonly allowsPrivate: boolean;

  /** @param resolver asks DNS itself: the system's lookup would occupy the threads that file access needs */
  constructor(
    @Inject(CONFIG) { webhooksAllowPrivate }: Pick<Config, 'webhooksAllowPrivate'>,
    @Optional() private readonly resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 1 }),
  ) {
    this.allowsPrivate = webhooksAllowPrivate;
  }

  /** Returns what is wrong with an address, as a sentence for its owner, or null. Notations of IPs are normalised. */
  violationOf(address: string): string | null {
    if (!URL.canParse(address)) return 'Enter a complete address, such as https://example.org/hook.';
    const { protocol, hostname, username, password } = new URL(address);
    if (protocol !== 'https:' && !(this.allowsPrivate && protocol === 'http:'))
      return 'Enter an address that begins with https://.';
    if (username || password) return 'Leave user name and password out of the address; verify the signature instead.';
    if (this.allowsPrivate) return null;
    const name = hostname.replaceAll(/^\[|\]$|\.$/g, '');
    const isPublic = isIP(name) > 0 ? isPublicAddress(name) : !isLocalName(name);
    return isPublic ? null : 'Enter a public address: this one is in a private network.';
  }

  /**
   * Resolves a name. All its addresses must be public, since any of them may be used.
   * @throws {NotPublicError}, or the error of the resolver
   */
  async resolve(hostname: string): Promise<Address[]> {
    if (this.allowsPrivate) return (await lookup(hostname, { all: true })) as Address[];
    const answers = await Promise.allSettled([this.resolver.resolve4(hostname), this.resolver.resolve6(hostname)]);
    const found = answers.flatMap((answer, at) =>
      answer.status === 'fulfilled'
        ? answer.value.map((address): Address => ({ address, family: at === 0 ? 4 : 6 }))
        : [],
    );
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (found.length === 0) throw failed?.reason ?? new Error(`${hostname} has no address`);
    if (!found.every(({ address }) => isPublicAddress(address))) throw new NotPublicError(hostname);
    return found;
  }

  /**
   * The `lookup` of a connection: the addresses that were checked are those that are connected to, so a name that
   * changes between two look-ups (DNS rebinding) gains nothing. Not called for literal addresses: see `violationOf`.
   */
  readonly lookup: LookupFunction = (hostname, { all }, callback) => {
    this.resolve(hostname).then(
      (addresses) => (all ? callback(null, addresses) : callback(null, addresses[0]!.address, addresses[0]!.family)),
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}
