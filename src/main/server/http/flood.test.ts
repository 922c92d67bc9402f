import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { testHttpServer } from '../../../../testing/http-server';
import { FakeSessions } from './fake-sessions';

const ID = 123_456;
let app: FastifyInstance;
let sessions: FakeSessions;
const sockets: Socket[] = [];

beforeEach(async () => {
  sessions = new FakeSessions();
  sessions.add(ID);
  app = await testHttpServer({
    sessions,
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

const port = () => (app.server.address() as AddressInfo).port;
const health = async () => (await fetch(`http://127.0.0.1:${port()}/api/health`)).status;

/** Sends a head and resolves with the status that is answered; the socket stays open. */
async function ask(head: string): Promise<number> {
  const socket = connect(port(), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  socket.write(`${head}\r\nHost: localhost\r\n\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString('latin1'))?.[1]);
}

it('SSE flood: 256 streams and no more, everyone else is still served, and places come back', async () => {
  const open = () => ask(`GET /sse?sessionid=${ID} HTTP/1.1`);
  const statuses = await Promise.all(Array.from({ length: 300 }, open));
  expect(statuses.filter((status) => status === 200)).toHaveLength(256);
  expect(statuses.filter((status) => status === 503)).toHaveLength(44);
  expect(await health()).toBe(200);
  for (const socket of sockets.splice(0)) socket.destroy();
  await vi.waitFor(() => expect(sessions.get(ID)!.listeners.size).toBe(0), { timeout: 10_000 });
  expect(await open()).toBe(200);
});

it('WebSocket flood: an upgrade is a plain request here, and no socket is switched over', async () => {
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==';
  const statuses = await Promise.all(Array.from({ length: 100 }, () => ask(`GET /api/health HTTP/1.1\r\n${upgrade}`)));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await health()).toBe(200);
});
