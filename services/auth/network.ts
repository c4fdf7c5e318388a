import { isIPv6, SocketAddress } from 'node:net';

/** The neighbourhood of an address: who holds one address of a /24 (IPv4) or a /64 (IPv6) often holds the others. */
export function networkOf(address: string): string {
  const v4 = asIPv4(address);
  if (v4) return `${v4.split('.').slice(0, 3).join('.')}.0/24`;
  return isIPv6(address) ? `${firstGroups(address)}::/64` : address;
}

/** What counts as one address: with IPv6 a single line is given a whole /64. */
export function addressOf(address: string): string {
  return asIPv4(address) ?? networkOf(address);
}

/** Also of the form that a dual-stack socket reports (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2). */
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
