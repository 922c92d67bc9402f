import { BlockList, isIP } from 'node:net';

/** Where an address lies, as far as trust goes. */
export type AddressClass = 'loopback' | 'private' | 'public';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

// RFC 1918, RFC 3927 and their IPv6 counterparts, RFC 4193 and RFC 4291. Not RFC 6598 (100.64/10): a provider's customers share it.
const lan = new BlockList();
lan.addSubnet('10.0.0.0', 8, 'ipv4');
lan.addSubnet('172.16.0.0', 12, 'ipv4');
lan.addSubnet('192.168.0.0', 16, 'ipv4');
lan.addSubnet('169.254.0.0', 16, 'ipv4');
lan.addSubnet('fc00::', 7, 'ipv6');
lan.addSubnet('fe80::', 10, 'ipv6');

/** Classes an IP literal; anything else counts as public. BlockList sees through IPv4-mapped IPv6 (`::ffff:127.0.0.1`). */
export function classifyAddress(address: string | undefined): AddressClass {
  const ip = bareIp(address ?? '');
  const family = isIP(ip);
  if (family === 0) return 'public';
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (loopback.check(ip, type)) return 'loopback';
  return lan.check(ip, type) ? 'private' : 'public';
}

/** Strips brackets, a zone id (`fe80::1%eth0`) and, where it is unambiguous, a port. */
export function bareIp(address: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address.trim());
  const plain = bracketed ? bracketed[1]! : address.trim().replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return plain.replace(/%.*$/, '');
}

/** One key per caller for limits: IPv4-mapped addresses as IPv4, IPv6 by its /64, which one household or host owns. */
export function limitKey(address: string): string {
  const ip = bareIp(address).toLowerCase();
  if (isIP(ip) !== 6) return ip;
  // The URL parser writes IPv6 in its one canonical, compressed form (RFC 5952).
  const canonical = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical);
  if (mapped) {
    const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  const [head = '', tail] = canonical.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
