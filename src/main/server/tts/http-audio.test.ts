import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { faultOf, hear, until } from '../../../../testing/voice-contract';
import { tone, VoiceServer } from '../../../../testing/voice-servers';
import { endpoint, VoiceHttp } from './http-audio';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that speaks bytes instead of HTTP. */
async function rawServer(serve: (socket: Socket, count: number) => void): Promise<string> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket, ++count);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function client(server: string): VoiceHttp {
  const http = new VoiceHttp('test', server, undefined);
  closing.push(async () => http.close());
  return http;
}

const say = (http: VoiceHttp, signal = AbortSignal.timeout(20_000)) =>
  hear(http.sound({ method: 'POST', path: '/say', body: 'hello', rawRateHz: 8_000, signal }));

const answer = (bytes: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: audio/pcm\r\ncontent-length: ${bytes.length}\r\n\r\n${bytes}`;

describe('endpoint', () => {
  it.each([
    ['http://a:1', '/tts', 'http://a:1/tts'],
    ['http://a:1/', '/tts', 'http://a:1/tts'],
    ['http://a:1/tts', '/tts', 'http://a:1/tts'],
    ['http://a:1/voice/', '/v1/tts', 'http://a:1/voice/v1/tts'],
    ['http://a:1/v1?version=3', '/audio/speech', 'http://a:1/v1/audio/speech?version=3'],
  ])('%s + %s', (server, path, url) => {
    expect(endpoint(new URL(server), path).href).toBe(url);
  });
});

describe('VoiceHttp', () => {
  it('uses one connection for sentence after sentence', async () => {
    let connections = 0;
    const address = await rawServer((socket) => {
      connections++;
      socket.on('data', () => socket.write(answer('abcd')));
    });
    const http = client(address);
    for (let i = 0; i < 3; i++) expect((await say(http)).samples.length).toBe(2);
    expect(connections).toBe(1);
  });

  it('asks once more when the server dropped the idle connection in that moment', async () => {
    const asked: number[] = [];
    const address = await rawServer((socket, connection) => {
      let requests = 0;
      socket.on('data', () => {
        asked.push(connection);
        // As a server whose idle time is over: the second request on a connection meets a reset.
        if (++requests === 2) socket.resetAndDestroy();
        else socket.write(answer('abcd'));
      });
    });
    const http = client(address);
    for (let i = 0; i < 2; i++) {
      const heard = await say(http);
      expect(heard.error).toBeUndefined();
      expect(heard.samples.length).toBe(2);
    }
    expect(asked).toEqual([1, 1, 2]);
  });

  it('a fresh connection that is reset is not asked again here: that is for the caller to decide', async () => {
    let connections = 0;
    const address = await rawServer((socket) => {
      connections++;
      socket.on('data', () => socket.resetAndDestroy());
    });
    expect(faultOf(await say(client(address)))).toMatchObject({ retrySafe: true });
    expect(connections).toBe(1);
  });

  it('a server that does not speak HTTP, and one that is asked for TLS and has none', async () => {
    const address = await rawServer((socket) => {
      socket.on('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    });
    const plain = faultOf(await say(client(address)));
    expect(plain.reason).toContain('does not speak HTTP');
    const secure = faultOf(await say(client(address.replace('http:', 'https:'))));
    expect(secure.reason).toMatch(/no secure connection|closed the connection/);
  });

  it('a host that does not exist', async () => {
    const fault = faultOf(await say(client('http://nowhere.invalid:9880')));
    expect(fault.reason).toContain('http://nowhere.invalid:9880');
    expect(fault.remedy).toContain('--TTS_SERVER');
  });

  it('a key that no header can hold', async () => {
    const http = new VoiceHttp('test', 'http://127.0.0.1:9', 'sk-a\nb');
    const fault = faultOf(await say(http));
    expect(fault.reason).toContain('the key holds characters');
    expect(fault.message).not.toContain('sk-a');
  });

  it("an address's user name and password go along, unless there is a key", async () => {
    const seen: string[] = [];
    const server = await VoiceServer.start(({ headers }) => {
      seen.push(headers.authorization ?? '');
      return { status: 200, json: {} };
    });
    closing.push(() => server.close());
    const address = server.url.replace('http://', 'http://lin:pw@');
    for (const key of [undefined, 'k']) {
      const http = new VoiceHttp('test', address, key);
      const head = await http.ask({ method: 'GET', path: '/', signal: AbortSignal.timeout(20_000) });
      await http.text(head, 100);
      http.close();
    }
    expect(seen).toEqual([`Basic ${Buffer.from('lin:pw').toString('base64')}`, 'Bearer k']);
  });

  it('an error whose body never ends is told without waiting for it', async () => {
    const address = await rawServer((socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 500 Oh\r\ncontent-length: 100\r\n\r\nbroken '));
    });
    const fault = faultOf(await say(client(address)));
    expect(fault.reason).toContain('failed (500, broken)');
    expect(fault.retrySafe).toBe(true);
  });

  it('an error without end is read in part', async () => {
    const address = await rawServer((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 400 Oh\r\n\r\n');
        for (let i = 0; i < 100; i++) socket.write('x'.repeat(10_000));
      });
    });
    const fault = faultOf(await say(client(address)));
    expect(fault.reason).toMatch(/turned the request down \(400, x{299}…\)/);
  });

  it('an answer that is not read is closed', async () => {
    const pcm = tone(8_000);
    const server = await VoiceServer.start(() => ({ as: 'bare', pcm }), { fault: { kind: 'stall', afterBytes: 100 } });
    closing.push(() => server.close());
    const http = client(server.url);
    const head = await http.ask({ method: 'GET', path: '/', signal: AbortSignal.timeout(20_000) });
    expect(head.status).toBe(200);
    head.cancel();
    await until(() => server.clientsLeft === 1);
  });

  it('a text that is too long is a fault', async () => {
    const server = await VoiceServer.start(() => ({ status: 200, json: { text: 'x'.repeat(1_000) } }));
    closing.push(() => server.close());
    const http = client(server.url);
    const head = await http.ask({ method: 'GET', path: '/', signal: AbortSignal.timeout(20_000) });
    await expect(http.text(head, 500)).rejects.toThrow('more than 500 bytes');
  });
});
