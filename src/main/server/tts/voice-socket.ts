import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { PcmChunk } from '../audio/frame';
import { endpoint, readSome } from './http-audio';
import type { HttpFaults } from './http-faults';
import { PcmStream } from './pcm-stream';

/** What one message of the service means. */
export interface Said {
  /** Bare s16le mono; may be cut in the middle of a sample. */
  sound?: Uint8Array;
  /** Rate of the sound from here on. */
  rateHz?: number;
  /** The service has said that this was all. */
  last?: boolean;
}

export interface SocketRequest {
  /** Appended to the server's address, with its query. */
  path: string;
  headers: Record<string, string>;
  /** Sent as soon as the connection stands. */
  messages: (string | Uint8Array)[];
  rateHz: number;
  /** @throws ProviderError for a message that is a refusal or nonsense */
  read(message: Buffer, isText: boolean): Said;
  signal: AbortSignal;
}

/** A message holds a fraction of a second: 100 ms of sound as base64 are 7 KB. */
const MAX_MESSAGE_BYTES = 4 << 20;
/** Unread sound that we take from the network: about 20 s of it. */
const MAX_WAITING_BYTES = 1 << 20;
/** A server that is gone answers no goodbye. */
const GOODBYE_MS = 500;

/** A voice service behind WebSockets: one connection for each sentence, so several may be under way, each with its own abort. */
export class VoiceSockets {
  readonly #server: URL;
  readonly #faults: HttpFaults;
  readonly #open = new Set<WebSocket>();

  constructor(server: URL, faults: HttpFaults) {
    this.#server = server;
    this.#faults = faults;
  }

  /** Speech, as it arrives. @throws ProviderError; the signal's reason when aborted */
  async *sound({ path, headers, messages, rateHz, read, signal }: SocketRequest): AsyncGenerator<PcmChunk> {
    const { socket, inbox } = await this.#connect(path, headers, signal);
    const pcm = new PcmStream();
    let currentRateHz = rateHz;
    let heardMs = 0;
    try {
      for (const message of messages) socket.send(message);
      for await (const { data, isText } of inbox.messages()) {
        const said = read(data, isText);
        currentRateHz = said.rateHz ?? currentRateHz;
        const samples = said.sound ? pcm.push(said.sound) : new Float32Array(0);
        if (samples.length > 0) {
          heardMs += (samples.length * 1_000) / currentRateHz;
          yield { samples, sampleRateHz: currentRateHz };
        }
        if (!said.last) continue;
        if (heardMs === 0) throw this.#faults.noSound();
        return;
      }
      throw this.#faults.hungUp(inbox.closing, heardMs);
    } finally {
      leave(socket);
    }
  }

  /** Ends every connection, so a sentence that is under way is cut off. Idempotent. */
  close(): void {
    for (const socket of this.#open) socket.terminate();
  }

  #connect(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ socket: WebSocket; inbox: Inbox }> {
    signal.throwIfAborted();
    const [pathname = '', query = ''] = path.split('?');
    const url = endpoint(this.#server, pathname);
    if (query) url.search = query;
    return new Promise((resolve, reject) => {
      let socket: WebSocket;
      try {
        // Redirects are not followed, so that no key goes to another host.
        socket = new WebSocket(url, { headers, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
      } catch (error) {
        reject(this.#faults.connection(error));
        return;
      }
      this.#open.add(socket);
      // The first message may come along with the answer that opens the connection.
      const inbox = new Inbox(socket, signal);
      const abort = () => {
        socket.terminate();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      socket.once('close', () => {
        this.#open.delete(socket);
        signal.removeEventListener('abort', abort);
      });
      socket.once('unexpected-response', (_request, response) => {
        void this.#refusal(response).then((fault) => {
          socket.terminate();
          reject(fault);
        });
      });
      // Stays for as long as the socket lives: how it ended is told by `close`.
      socket.on('error', (error) => reject(this.#faults.connection(error)));
      socket.once('open', () => resolve({ socket, inbox }));
    });
  }

  async #refusal(response: IncomingMessage) {
    const { statusCode: status = 0, headers } = response;
    const body = await readSome({ bytes: () => response, cancel: () => void response.destroy() });
    if (status >= 300) return this.#faults.status(status, headers, body);
    return this.#faults.notSound(/\bhtml\b/.test(headers['content-type'] ?? '') ? 'a web page' : 'JSON', body);
  }
}

/** What came over a socket and was not read yet; bounded by not reading from the network. */
class Inbox {
  closing = { code: 1006, reason: '' };
  readonly #socket: WebSocket;
  readonly #signal: AbortSignal;
  readonly #waiting: { data: Buffer; isText: boolean }[] = [];
  #waitingBytes = 0;
  #ended = false;
  #wake = () => {};

  constructor(socket: WebSocket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    socket.on('message', (data: Buffer, isBinary) => {
      this.#waiting.push({ data, isText: !isBinary });
      this.#waitingBytes += data.length;
      if (this.#waitingBytes > MAX_WAITING_BYTES) socket.pause();
      this.#wake();
    });
    socket.once('close', (code, reason) => {
      this.closing = { code, reason: reason.toString('utf8') };
      this.#ended = true;
      this.#wake();
    });
  }

  /** Until the connection ends. @throws the signal's reason */
  async *messages(): AsyncGenerator<{ data: Buffer; isText: boolean }> {
    for (;;) {
      this.#signal.throwIfAborted();
      const next = this.#waiting.shift();
      if (next) {
        this.#waitingBytes -= next.data.length;
        if (this.#socket.isPaused && this.#waitingBytes < MAX_WAITING_BYTES / 2) this.#socket.resume();
        yield next;
      } else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** A goodbye for those who answer it; nobody waits for the others. */
function leave(socket: WebSocket): void {
  if (socket.readyState === WebSocket.OPEN) {
    socket.resume();
    socket.close(1_000);
    const late = setTimeout(() => socket.terminate(), GOODBYE_MS);
    late.unref();
    socket.once('close', () => clearTimeout(late));
  } else socket.terminate();
}

/** The same address for WebSockets: `--TTS_SERVER` is given as http:// or https://. */
export function socketAddress(server: string): URL {
  const url = new URL(server);
  url.protocol = url.protocol === 'http:' || url.protocol === 'ws:' ? 'ws:' : 'wss:';
  return url;
}
