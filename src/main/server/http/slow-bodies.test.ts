import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acceptJsonBodies } from './body';
import { cutSlowBodies } from './slow-bodies';

let app: FastifyInstance;
let handled: unknown[];

beforeEach(async () => {
  handled = [];
  app = Fastify();
  acceptJsonBodies(app);
  cutSlowBodies(app, { windowMs: 100, minBytesPerS: 100 });
  app.post('/', async (request) => {
    handled.push(request.body);
    return { code: 0 };
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => app.close());

async function begin(length: number): Promise<{ socket: Socket; said: () => string }> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  let said = '';
  socket.on('data', (data) => (said += data));
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`);
  return { socket, said: () => said };
}

it('cuts off a body that trickles, with a word', async () => {
  const { socket, said } = await begin(10_000);
  const closed = once(socket, 'close');
  const drip = setInterval(() => socket.writable && socket.write(' '), 50);
  await closed;
  clearInterval(drip);
  expect(said()).toMatch(/^HTTP\/1\.1 408 .*\{"code":-1,"msg":"the body came slower than 100 bytes\/s/s);
  expect(handled).toEqual([]);
});

it('cuts off a body that never comes', async () => {
  const { socket, said } = await begin(10);
  await once(socket, 'close');
  expect(said()).toMatch(/^HTTP\/1\.1 408 /);
});

it('lets a slow but steady one through', async () => {
  const text = JSON.stringify({ text: 'x'.repeat(400) });
  const { socket, said } = await begin(text.length);
  const closed = once(socket, 'close');
  // 2,000 bytes/s or more as long as this machine keeps up at all; a late piece only makes the next window fuller.
  for (let i = 0; i < text.length; i += 50) {
    socket.write(text.slice(i, i + 50));
    await sleep(20);
  }
  await closed;
  expect(said()).toMatch(/^HTTP\/1\.1 200 /);
  expect(handled).toEqual([JSON.parse(text)]);
});
