import type { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { lanAddresses, localUrl } from './lan';

const of = (address: string, internal = false) =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as never;
const MACHINE: ReturnType<typeof networkInterfaces> = {
  lo: [of('127.0.0.1', true), of('::1', true)],
  docker0: [of('172.17.0.1')],
  eth0: [of('203.0.113.9'), of('fe80::1'), of('fd00::9')],
  wlan0: [of('192.168.1.20')],
};
const urls = (host: string, tls = false) => lanAddresses({ host, port: 8010, tls }, MACHINE).map(({ url }) => url);

it('names the addresses that others can type, likeliest first', () => {
  expect(urls('0.0.0.0')).toEqual(['http://192.168.1.20:8010', 'http://203.0.113.9:8010', 'http://172.17.0.1:8010']);
  expect(urls('::', true)).toEqual([
    'https://192.168.1.20:8010',
    'https://203.0.113.9:8010',
    'https://[fd00::9]:8010',
    'https://172.17.0.1:8010',
  ]);
  expect(lanAddresses({ host: '0.0.0.0', port: 1, tls: false }, MACHINE)[0]?.interface).toBe('wlan0');
});

it('names the one it listens on, and none where that is this machine alone', () => {
  expect(urls('192.168.1.20')).toEqual(['http://192.168.1.20:8010']);
  expect(urls('192.168.1.99')).toEqual([]);
  for (const host of ['127.0.0.1', 'localhost', '::1']) expect(urls(host), host).toEqual([]);
});

it('finds itself', () => {
  const at = (host: string, tls = false) => localUrl({ host, port: 8010, tls });
  expect([at('0.0.0.0'), at('::', true), at('::1'), at('192.168.1.20')]).toEqual([
    'http://127.0.0.1:8010',
    'https://127.0.0.1:8010',
    'http://[::1]:8010',
    'http://192.168.1.20:8010',
  ]);
});
