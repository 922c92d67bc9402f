import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LongUploads } from './long-uploads';

const LIMIT_MS = 100;

it('a request may take longer while an import is received, and not afterwards', async () => {
  const server = createServer({ requestTimeout: LIMIT_MS, headersTimeout: LIMIT_MS, connectionsCheckingInterval: 20 });
  const uploads = new LongUploads(server);
  let received: Promise<string> | undefined;
  server.on('request', (request, response) => {
    const body = async () => {
      let text = '';
      for await (const bytes of request) text += bytes;
      return text;
    };
    received = uploads.during(body);
    received.then(
      (text) => response.end(text),
      () => {},
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  /** Half of a request now, the rest later. */
  const slowly = async (head: string, rest: string) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let reply = '';
    socket.on('data', (bytes) => (reply += bytes));
    socket.on('error', () => {});
    socket.write(head);
    await sleep(4 * LIMIT_MS);
    if (!socket.destroyed) socket.write(rest);
    await expect.poll(() => reply).toMatch(/^HTTP\/1\.1 \d+/);
    socket.destroy();
    return reply;
  };
  try {
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab';
    expect(await slowly(head, 'cd')).toMatch(/ 200 [\s\S]*abcd/);
    expect(server.requestTimeout).toBe(LIMIT_MS);
    // No import of anybody: what has not even said what it wants is cut off as ever.
    expect(await slowly('POST / HTTP/1.1\r\nHost: x\r\n', '\r\n')).toMatch(/ 408 /);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
