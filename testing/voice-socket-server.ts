import { createServer, type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { tone } from './voice-answers';
import { s16le, type VoicePcm } from './voice-server-host';
import { type Message, SOCKET_DIALECTS, type Talk } from './voice-socket-dialects';

/** What goes wrong with a sentence or its connection. */
export type SocketFault =
  /** An HTTP answer where a WebSocket was asked for. */
  | { kind: 'status'; status: number; body?: unknown; headers?: Record<string, string> }
  | { kind: 'html' }
  /** The connection dies instead of an answer; `deaf`: it never gets one. */
  | { kind: 'hang-up' }
  | { kind: 'deaf' }
  | { kind: 'silence' }
  | { kind: 'empty' }
  | { kind: 'stall'; afterBytes: number }
  /** The connection dies after so much sound. */
  | { kind: 'truncated'; afterBytes: number }
  /** A goodbye with a reason, before any sound. */
  | { kind: 'close'; code: number; reason: string }
  /** Something in place of a message. */
  | { kind: 'garbage'; message: Message };

export interface SocketScript {
  fault?: SocketFault;
  firstByteDelayMs?: number;
  chunkDelayMs?: number;
  chunkBytes?: number[];
}

export interface SocketServerOptions {
  speech?: VoicePcm;
  /** The account's token. */
  key?: string;
  voices?: string[];
  /** What it says its rate is, where it says so. */
  saysRateHz?: number;
}

/** Odd, so that samples are cut in half. */
const CHUNK_BYTES = [1, 43, 3, 1_021, 4_097, 333, 8_191];

/** A server on the loopback that speaks one WebSocket voice's wire format by script, and remembers what it was asked. */
export class VoiceSocketServer {
  script: SocketScript = {};
  /** Scripts of the next connections, before `script` applies again. */
  readonly next: SocketScript[] = [];
  readonly upgrades: { path: string; headers: IncomingHttpHeaders }[] = [];
  /** What was asked for, as the dialect understood it. */
  readonly requests: Record<string, unknown>[] = [];
  readonly texts: string[] = [];
  readonly #http = createServer((_, response) => void response.writeHead(404).end('Not Found'));
  readonly #sockets = new Set<Duplex>();

  private constructor(private readonly options: SocketServerOptions) {}

  static async start(engine: keyof typeof SOCKET_DIALECTS, options: SocketServerOptions = {}) {
    const server = new VoiceSocketServer(options);
    const upgrading = new WebSocketServer({ noServer: true });
    server.#http.on('connection', (socket) => {
      server.#sockets.add(socket);
      socket.on('close', () => server.#sockets.delete(socket));
    });
    server.#http.on('upgrade', (request, socket, head) => {
      socket.on('error', () => {});
      server.upgrades.push({ path: request.url ?? '', headers: request.headers });
      const script = server.next.shift() ?? server.script;
      const dialect = SOCKET_DIALECTS[engine];
      const { fault } = script;
      if (fault?.kind === 'hang-up') return void socket.destroy();
      // Only a stream that is read tells that the other end has gone.
      if (fault?.kind === 'deaf') return void socket.on('end', () => socket.destroy()).resume();
      if (fault?.kind === 'html')
        return answer(socket, 200, '<html><title>Sign in</title></html>', { 'content-type': 'text/html' });
      if (fault?.kind === 'status') {
        return answer(socket, fault.status, JSON.stringify(fault.body ?? { message: 'failed' }), fault.headers);
      }
      const url = new URL(request.url ?? '', 'http://voice');
      if (url.pathname !== dialect.path) return answer(socket, 404, '{"message":"Not Found"}');
      const refused = dialect.refuses(request.headers, url, options);
      if (refused) return answer(socket, refused.status, JSON.stringify({ message: refused.message }));
      upgrading.handleUpgrade(request, socket, head, (ws) => server.#converse(ws, dialect.talk(options), script));
    });
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #converse(socket: WebSocket, talk: Talk, script: SocketScript): void {
    socket.on('error', () => {});
    for (const message of talk.greet ?? []) socket.send(message);
    socket.on('message', (data: Buffer, isBinary) => {
      const { send = [], request, speak, refused } = talk.hear(data, !isBinary);
      if (request) this.requests.push(request);
      for (const message of send) socket.send(message);
      if (refused) socket.close(refused.code, refused.reason);
      if (speak === undefined) return;
      this.texts.push(speak);
      void this.#speak(socket, talk, script);
    });
  }

  async #speak(
    socket: WebSocket,
    talk: Talk,
    { fault, firstByteDelayMs, chunkDelayMs, chunkBytes = CHUNK_BYTES }: SocketScript,
  ) {
    await pause(firstByteDelayMs);
    if (fault?.kind === 'close') return socket.close(fault.code, fault.reason);
    if (fault?.kind === 'garbage') return socket.send(fault.message);
    const { samples, sampleRateHz } = this.options.speech ?? tone(24_000);
    const spoken = fault?.kind === 'silence' ? new Float32Array(samples.length) : samples;
    const bytes = fault?.kind === 'empty' ? Buffer.alloc(0) : s16le({ samples: spoken, sampleRateHz });
    const cut = fault?.kind === 'stall' || fault?.kind === 'truncated';
    const stopAt = cut ? fault.afterBytes : bytes.length;
    for (let at = 0, turn = 0; at < stopAt && socket.readyState === socket.OPEN; turn++) {
      const end = Math.min(stopAt, at + chunkBytes[turn % chunkBytes.length]!);
      for (const message of talk.sound(bytes.subarray(at, end))) socket.send(message);
      at = end;
      await pause(chunkDelayMs);
    }
    if (fault?.kind === 'stall' || socket.readyState !== socket.OPEN) return;
    if (fault?.kind === 'truncated') {
      await sleep(20); // what was written must leave this process first
      return socket.terminate();
    }
    for (const message of talk.end()) socket.send(message);
  }
}

function answer(socket: Duplex, status: number, body: string, headers: Record<string, string> = {}): void {
  const all = {
    'content-type': 'application/json',
    ...headers,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

async function pause(ms: number | undefined): Promise<void> {
  if (ms) await sleep(ms, undefined, { ref: false });
}
