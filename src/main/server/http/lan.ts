import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ServerAddress } from '../../../shared/server-protocol';
import { type AddressClass, classifyAddress } from './address';

/** Networks between this machine and its own guests: nobody else is on them. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|vEthernet|cni|flannel|podman|lxc)/i;
const RANK: Record<AddressClass, number> = { private: 0, public: 1, loopback: 2 };

export interface Listening {
  host: string;
  port: number;
  tls: boolean;
}

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Where others find a server that listens so, likeliest first. */
export function lanAddresses(
  { host, port, tls }: Listening,
  interfaces: Interfaces = networkInterfaces(),
): ServerAddress['lan'] {
  if (classifyAddress(host) === 'loopback' || host === 'localhost') return [];
  const all = host === '0.0.0.0' || host === '::';
  const found = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal, family, address }) => {
        // Link-local IPv6 (RFC 4291) needs the caller's own name of the network in the address: nobody types that.
        if (internal || /^fe80:/i.test(address)) return false;
        return all ? family === 'IPv4' || host === '::' : address === host;
      })
      .map(({ address }) => ({ address, name })),
  );
  const rank = ({ address, name }: { address: string; name: string }) =>
    (VIRTUAL.test(name) ? 8 : 0) + (isIPv6(address) ? 4 : 0) + RANK[classifyAddress(address)];
  return found
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ address, name }) => ({ url: urlOf({ host: address, port, tls }), interface: name }));
}

/** The address at which this machine reaches a server that listens so. */
export function localUrl({ host, ...rest }: Listening): string {
  return urlOf({ ...rest, host: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host });
}

const urlOf = ({ host, port, tls }: Listening): string =>
  `http${tls ? 's' : ''}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
