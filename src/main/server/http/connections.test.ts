import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ConnectionLimitOptions, limitConnections } from './connections';

let server: Server;
let counts: ReturnType<typeof limitConnections>;
const sockets: Socket[] = [];
/** Where the next connections claim to come from: a test cannot have many addresses of its own. */
let from = '203.0.113.9';

async function start(options: Partial<ConnectionLimitOptions> = {}): Promise<void> {
  server = createServer((_request, reply) => void reply.end('ok'));
  server.prependListener('connection', (socket: Socket) => {
    const claimed = from;
    Object.defineProperty(socket, 'remoteAddress', { get: () => claimed });
  });
  counts = limitConnections(server, {
    trustProxy: false,
    bounds: { total: 6, fromOutside: 4, perAddress: 2 },
    ...options,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** Resolves with 'open', or with what the server said before it closed. */
async function dial(address: string): Promise<string> {
  from = address;
  const [total, refused] = [counts.total(), counts.refused()];
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  let said = '';
  socket.on('data', (data) => (said += data));
  const closed = once(socket, 'close');
  await vi.waitFor(() => expect([counts.total(), counts.refused()]).not.toEqual([total, refused]), { timeout: 10_000 });
  if (counts.total() > total) return 'open';
  await closed;
  return said;
}

beforeEach(() => start());
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

it('bounds the connections of one address, says so, and gives places back', async () => {
  expect(await dial('203.0.113.9')).toBe('open');
  expect(await dial('203.0.113.9')).toBe('open');
  const refusal = await dial('203.0.113.9');
  expect(refusal).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 3\r\n.*\{"code":-1,"msg":"too many connections/s);
  expect(await dial('203.0.113.10')).toBe('open');
  sockets[0]!.destroy();
  await vi.waitFor(() => expect(counts.total()).toBe(2), { timeout: 10_000 });
  expect(await dial('203.0.113.9')).toBe('open');
});

it('counts IPv6 by its /64', async () => {
  for (const end of [1, 2]) expect(await dial(`2001:db8:0:1::${end}`)).toBe('open');
  expect(await dial('2001:db8:0:1:ffff::3')).toContain('503');
  expect(await dial('2001:db8:0:2::1')).toBe('open');
});

it('keeps places for this machine when the world floods it', async () => {
  for (const end of [1, 2, 3, 4]) expect(await dial(`203.0.113.${end}`)).toBe('open');
  expect(await dial('203.0.113.5')).toContain('503');
  expect(await dial('127.0.0.1')).toBe('open');
  expect(await dial('127.0.0.1')).toBe('open');
  expect(await dial('127.0.0.1')).toContain('503');
});

it('does not take a trusted proxy for one caller', async () => {
  server.close();
  await start({ trustProxy: true });
  for (let i = 0; i < 4; i++) expect(await dial('192.168.1.2')).toBe('open');
  for (const expected of ['503']) expect(await dial('203.0.113.9')).toContain(expected);
});
