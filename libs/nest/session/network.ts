import { isIPv6, SocketAddress } from 'node:net';

/** The /24 (IPv4) or /64 (IPv6) of an address: its addresses often belong to the same client. */
export function networkOf(address: string): string {
  const v4 = asIPv4(address);
  if (v4) return `${v4.split('.').slice(0, 3).join('.')}.0/24`;
  return isIPv6(address) ? `${firstGroups(address)}::/64` : address;
}

/** The unit that is rate limited as one address: an IPv6 subscriber is assigned a whole /64. */
export function addressOf(address: string): string {
  return asIPv4(address) ?? networkOf(address);
}

/** Also accepts the form that a dual-stack socket reports (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2). */
function asIPv4(address: string): string | null {
  return /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? null;
}

function firstGroups(address: string): string {
  const [head = '', tail = ''] = new SocketAddress({
    address: address.split('%', 1)[0]!,
    family: 'ipv6',
  }).address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  return [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
    .slice(0, 4)
    .join(':');
}
