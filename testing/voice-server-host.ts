import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Mono speech. */
export interface VoicePcm {
  samples: Float32Array;
  sampleRateHz: number;
}

/** What goes wrong with the speech that a scripted server sends. */
export type VoiceFault =
  /** Sends this much and then nothing, with the connection open. */
  | { kind: 'stall'; afterBytes: number }
  /** A login or proxy page, with status 200. */
  | { kind: 'html' }
  | { kind: 'json'; body?: unknown }
  | { kind: 'status'; status: number; body?: unknown; headers?: Record<string, string> }
  | { kind: 'silence' }
  | { kind: 'empty' }
  /** A WAV whose header says this rate (the samples are not changed). */
  | { kind: 'rate'; rateHz: number }
  /** A WAV header full of nonsense. */
  | { kind: 'garbage' }
  /** Breaks off after this much: the socket dies, or fewer bytes come than Content-Length said. */
  | { kind: 'truncated'; afterBytes: number; how: 'reset' | 'length' }
  /** The socket dies before any answer. */
  | { kind: 'hang-up' };

export interface VoiceScript {
  fault?: VoiceFault;
  firstByteDelayMs?: number;
  chunkDelayMs?: number;
  /** Sizes of what is written at once, taken in turn; the default ones are odd, so that samples are cut in half. */
  chunkBytes?: number[];
}

export interface RecordedRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** The body, where it is JSON. */
  json: Record<string, unknown>;
  /** Text fields, where it is a form. */
  fields: Record<string, string>;
  files: Record<string, { name: string; type: string; bytes: Buffer }>;
}

export type VoiceReply =
  | { status: number; json: unknown; headers?: Record<string, string> }
  | { text: string; contentType: string; status?: number }
  /** A fault of the real server that shows only after "200 OK" has been sent: the connection ends without a byte. */
  | { breaksOff: true }
  | {
      contentType?: string;
      /** How the speech is written. `streamed`: one header that does not know its size. `pieces`: many whole small files. */
      as: 'bare' | 'streamed' | 'pieces' | 'file';
      pcm: VoicePcm;
      /** Of `file`: instead of a WAV. */
      bytes?: Buffer;
    };

/** The server's own logic: what it says to a request when nothing goes wrong by script. */
export type AnswerOf = (request: RecordedRequest) => VoiceReply | Promise<VoiceReply>;

const CHUNK_BYTES = [1, 43, 3, 1_021, 4_097, 333, 8_191];
const PIECE_SAMPLES = 2_001;

/** An HTTP server that speaks one voice server's wire format by script, and remembers what it was asked. */
export class VoiceServer {
  /** What goes wrong from now on. */
  script: VoiceScript;
  /** Scripts of the next speech requests, before `script` applies again. */
  readonly next: VoiceScript[] = [];
  readonly requests: RecordedRequest[] = [];
  /** Those of them that asked for speech and were not refused. */
  speeches = 0;
  /** Clients that left before their answer was complete. */
  clientsLeft = 0;
  readonly #server: Server;
  readonly #answer: AnswerOf;

  private constructor(answer: AnswerOf, script: VoiceScript) {
    this.#answer = answer;
    this.script = script;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(answer: AnswerOf, script: VoiceScript = {}, port = 0): Promise<VoiceServer> {
    const server = new VoiceServer(answer, script);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are open now. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await record(incoming);
    let broken = false;
    response.once('close', () => {
      if (!response.writableFinished && !broken) this.clientsLeft++;
    });
    this.requests.push(request);
    const reply = await this.#answer(request);
    if ('json' in reply) return json(response, reply.status, reply.json, reply.headers);
    if ('text' in reply) {
      response.writeHead(reply.status ?? 200, { 'content-type': reply.contentType }).end(reply.text);
      return;
    }
    const breakOff = () => {
      broken = true;
      response.socket?.destroy();
    };
    if ('breaksOff' in reply) {
      response.writeHead(200).flushHeaders();
      // The head must have been read before the end is noticed.
      await sleep(20);
      return breakOff();
    }

    this.speeches++;
    const script = this.next.shift() ?? this.script;
    const { fault } = script;
    if (fault?.kind === 'hang-up') return breakOff();
    if (fault?.kind === 'status')
      return json(response, fault.status, fault.body ?? { detail: 'failed' }, fault.headers);
    if (fault?.kind === 'json') return json(response, 200, fault.body ?? { code: 1, message: 'model not loaded' });
    if (fault?.kind === 'html') {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><html><head><title>Sign in</title></head><body>Who are you?</body></html>');
      return;
    }

    const bytes = soundBytes(reply, fault);
    await pause(script.firstByteDelayMs);
    if (response.destroyed) return;
    const headers: Record<string, string> = reply.contentType ? { 'content-type': reply.contentType } : {};
    if (fault?.kind === 'truncated' && fault.how === 'length') headers['content-length'] = `${bytes.length}`;
    response.writeHead(200, headers);
    response.flushHeaders();

    const stopAt = fault?.kind === 'stall' || fault?.kind === 'truncated' ? fault.afterBytes : bytes.length;
    const sizes = script.chunkBytes ?? CHUNK_BYTES;
    for (let at = 0, turn = 0; at < stopAt; turn++) {
      const end = Math.min(stopAt, at + sizes[turn % sizes.length]!);
      if (response.destroyed) return;
      if (!response.write(bytes.subarray(at, end))) await drained(response);
      at = end;
      await pause(script.chunkDelayMs);
    }
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'truncated') {
      // What was written must leave this process first.
      await sleep(20);
      return breakOff();
    }
    response.end();
  }
}

/** An address where nobody listens. */
export async function closedPort(): Promise<string> {
  const server = await VoiceServer.start(() => ({ status: 500, json: {} }));
  const { url } = server;
  await server.close();
  return url;
}

/** 16-bit samples as every one of these servers writes them. */
export function s16le({ samples }: VoicePcm): Buffer {
  const out = Buffer.alloc(samples.length * 2);
  samples.forEach((x, i) => {
    out.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(x * 32_768))), 2 * i);
  });
  return out;
}

export function wavFile(pcm: VoicePcm, { dataBytes, rateHz }: { dataBytes?: number; rateHz?: number } = {}): Buffer {
  const data = s16le(pcm);
  const header = Buffer.alloc(44);
  const rate = rateHz ?? pcm.sampleRateHz;
  const size = dataBytes ?? data.length;
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(0xffff_ffff, size + 36), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE((rate * 2) >>> 0, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(size, 40);
  return Buffer.concat([header, data]);
}

function soundBytes(reply: Extract<VoiceReply, { pcm: VoicePcm }>, fault: VoiceFault | undefined): Buffer {
  const { as, bytes } = reply;
  let { pcm } = reply;
  if (fault?.kind === 'empty') return Buffer.alloc(0);
  if (fault?.kind === 'silence') pcm = { ...pcm, samples: new Float32Array(pcm.samples.length) };
  if (fault?.kind === 'garbage') return wavFile(pcm, { rateHz: 0 });
  if (fault?.kind === 'rate') return wavFile(pcm, { rateHz: fault.rateHz, dataBytes: 0 });
  if (as === 'bare') return s16le(pcm);
  // Python's `wave` module, which most of these servers write their header with, leaves 0 for a size that it cannot know.
  if (as === 'streamed') return wavFile(pcm, { dataBytes: 0 });
  if (as === 'file') return bytes ?? wavFile(pcm);
  const pieces: Buffer[] = [];
  for (let at = 0; at < pcm.samples.length; at += PIECE_SAMPLES) {
    pieces.push(wavFile({ ...pcm, samples: pcm.samples.subarray(at, at + PIECE_SAMPLES) }));
  }
  return Buffer.concat(pieces);
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  const body = Buffer.concat(parts);
  const contentType = incoming.headers['content-type'] ?? '';
  const request: RecordedRequest = {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body,
    json: {},
    fields: {},
    files: {},
  };
  if (contentType.includes('json')) request.json = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  if (contentType.includes('form')) {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
    for (const [name, value] of form) {
      if (typeof value === 'string') request.fields[name] = value;
      else request.files[name] = { name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) };
    }
  }
  return request;
}

/** Does not keep a process alive that is otherwise done. */
async function pause(ms: number | undefined): Promise<void> {
  if (ms) await sleep(ms, undefined, { ref: false });
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
