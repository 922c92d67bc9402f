import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { PcmChunk } from '../audio/frame';
import { CutOff, type FaultHints, HttpFaults } from './http-faults';
import { readSound } from './sound-stream';

/** What every HTTP voice engine is made from; an engine ignores what its server has no use for. */
export interface HttpVoiceOptions {
  /** `--TTS_SERVER`; each engine has its own default. */
  server?: string;
  /** `--REF_FILE`: a recording, or what the server calls a voice. */
  referenceAudio?: string;
  /** `--REF_TEXT`: what the recording says. */
  referenceText?: string;
  /** Voice of sentences that name none. */
  voice?: string;
  model?: string;
  /** Sent as `Authorization: Bearer`, to `server` only. */
  apiKey?: string;
  /**
   * Rate of an answer that is bare samples and does not say its rate. CosyVoice 1 makes 22,050 Hz, CosyVoice 2 and 3 make
   * 24,000: a voice that sounds a little high and hurried is slower than it was taken for, a low and drawling one faster.
   */
  sampleRateHz?: number;
  /** The only folder whose recordings a request may name. */
  voicesDir?: string;
}

export interface VoiceRequest {
  method: 'GET' | 'POST';
  /** Appended to the server's address, e.g. `/tts`. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
  signal: AbortSignal;
}

export interface SoundRequest extends VoiceRequest {
  /** Rate of an answer without a header. */
  rawRateHz: number;
}

/** The head of an answer; `bytes` must be read (its end, an error or an early stop closes the connection) or `cancel`led. */
export interface VoiceAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** @throws CutOff when the connection ends before the answer does; the signal's reason when aborted. */
  bytes(): AsyncGenerator<Buffer>;
  cancel(): void;
}

/** uvicorn, which runs most of these servers, drops a connection after 5 idle seconds: be earlier. */
const IDLE_MS = 4_000;
const MAX_IDLE_CONNECTIONS = 2;
/** Of a failed answer: enough to say what failed, without waiting for more than a moment. */
const MAX_ERROR_BYTES = 64 << 10;
const ERROR_BODY_MS = 2_000;

export const jsonBody = (value: unknown) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** A form as bytes: multipart for `FormData`, url-encoded for `URLSearchParams`. */
export async function formBody(form: FormData | URLSearchParams) {
  const encoded = new Response(form);
  return {
    headers: { 'content-type': encoded.headers.get('content-type')! },
    body: new Uint8Array(await encoded.arrayBuffer()),
  };
}

/**
 * One voice server. node:http instead of fetch: CosyVoice's clients send bodies with GET, which fetch forbids, and an
 * abort must close the socket at once, for that is what makes these servers stop computing. Redirects are not followed,
 * so that no key goes to another host.
 */
export class VoiceHttp {
  readonly faults: HttpFaults;
  readonly #server: URL;
  readonly #authorization: string | undefined;
  readonly #transport: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor(provider: string, server: string, apiKey: string | undefined, hints: FaultHints = {}) {
    this.#server = new URL(server);
    this.faults = new HttpFaults(provider, this.#server, apiKey, hints);
    this.#authorization = apiKey ? `Bearer ${apiKey}` : undefined;
    this.#transport = this.#server.protocol === 'https:' ? https : http;
    const options = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_MS };
    this.#agent = this.#server.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
  }

  /** Speech, as it arrives. @throws ProviderError; the signal's reason */
  async *sound(request: SoundRequest): AsyncGenerator<PcmChunk> {
    const answer = await this.ask(request);
    yield* this.readSound(answer, request);
  }

  /** The speech of an answer that `ask` has got. */
  async *readSound(answer: VoiceAnswer, { rawRateHz, signal }: SoundRequest): AsyncGenerator<PcmChunk> {
    try {
      const contentType = answer.headers['content-type']?.toLowerCase() ?? '';
      if (/\bhtml\b/.test(contentType)) throw this.faults.notSound('a web page', await readSome(answer));
      if (/\bjson\b/.test(contentType)) throw this.faults.notSound('JSON', await readSome(answer));
      if (contentType.startsWith('text/event-stream')) throw this.faults.notSound('events', await readSome(answer));
      const bareRateHz = declaredRateHz(answer.headers) ?? rawRateHz;
      yield* readSound(answer.bytes(), { contentType, bareRateHz, faults: this.faults, signal });
    } finally {
      answer.cancel();
    }
  }

  /** The JSON object of an answer of at most `maxBytes`, `{}` for any other JSON. @throws ProviderError; the signal's reason */
  async json(answer: VoiceAnswer, maxBytes: number): Promise<Record<string, unknown>> {
    const text = await this.text(answer, maxBytes);
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    } catch (error) {
      throw this.faults.notJson(text, error);
    }
  }

  /** An answer of at most `maxBytes`. @throws ProviderError; the signal's reason */
  async text(answer: VoiceAnswer, maxBytes: number): Promise<string> {
    const parts: Buffer[] = [];
    let length = 0;
    try {
      for await (const part of answer.bytes()) {
        parts.push(part);
        length += part.length;
        if (length > maxBytes) throw this.faults.tooLong(maxBytes);
      }
    } catch (error) {
      throw error instanceof CutOff ? this.faults.cutOff(0, error) : error;
    } finally {
      answer.cancel();
    }
    return Buffer.concat(parts).toString('utf8');
  }

  /**
   * Sends a request and waits for the head of its answer.
   * @param pass statuses that the caller wants to see instead of a fault
   * @throws ProviderError for any other status beside 2xx and for a connection that fails; the signal's reason
   */
  async ask(request: VoiceRequest, pass: number[] = []): Promise<VoiceAnswer> {
    request.signal.throwIfAborted();
    let response: IncomingMessage;
    try {
      response = await this.#send(request);
    } catch (error) {
      request.signal.throwIfAborted();
      throw this.faults.connection(error);
    }
    const status = response.statusCode ?? 0;
    const answer: VoiceAnswer = {
      status,
      headers: response.headers,
      bytes: () => read(response, request.signal),
      cancel: () => void response.destroy(),
    };
    if ((status >= 200 && status < 300) || pass.includes(status)) return answer;
    const body = await readSome(answer);
    request.signal.throwIfAborted();
    throw this.faults.status(status, response.headers, body);
  }

  /** Ends every connection, so an answer that is still being read is cut off. Idempotent. */
  close(): void {
    this.#agent.destroy();
  }

  async #send(request: VoiceRequest): Promise<IncomingMessage> {
    const reused = { yes: false };
    try {
      return await this.#once(request, this.#agent, reused);
    } catch (error) {
      // The server dropped an idle connection in the moment that we took it: it never saw the request.
      const dropped = reused.yes && ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!dropped || request.signal.aborted) throw error;
      return await this.#once(request, false, reused);
    }
  }

  #once(
    { method, path, headers = {}, body, signal }: VoiceRequest,
    agent: http.Agent | false,
    reused: { yes: boolean },
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      // All headers at once: one that cannot be sent throws here, before there is a socket. With the length known, GET
      // carries its body too instead of "chunked", which some servers ignore on a GET.
      const request = this.#transport.request(endpoint(this.#server, path), {
        method,
        agent,
        headers: {
          ...headers,
          ...(this.#authorization ? { authorization: this.#authorization } : {}),
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
      });
      const abort = () => request.destroy(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      request.once('close', () => signal.removeEventListener('abort', abort));
      request.once('response', (response) => {
        // Its reader hears of errors; where there is none (`cancel`), nobody needs to.
        response.on('error', () => {});
        resolve(response);
      });
      // Stays for as long as the request lives: a socket may fail once more after it has been given up.
      request.on('error', (error) => {
        reused.yes = request.reusedSocket;
        reject(error);
      });
      request.end(body);
    });
  }
}

async function* read(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Buffer> {
  const abort = () => void response.destroy(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    for await (const part of response as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      yield part;
    }
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    throw new CutOff('the connection ended before the answer', { cause: error });
  } finally {
    signal.removeEventListener('abort', abort);
    response.destroy();
  }
}

/** The first part of an answer that is not going to be used otherwise; never throws, never waits for long. */
export async function readSome(answer: { bytes(): AsyncIterable<Buffer>; cancel(): void }): Promise<string> {
  const late = setTimeout(answer.cancel, ERROR_BODY_MS);
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of answer.bytes()) {
      parts.push(part);
      length += part.length;
      if (length > MAX_ERROR_BYTES) break;
    }
  } catch {
    // What came says as much as there is to say.
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(parts).toString('utf8', 0, MAX_ERROR_BYTES);
}

/** `path` behind the server's address; people paste either the address or the whole endpoint. */
export function endpoint(server: URL, path: string): URL {
  const url = new URL(server);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = base.endsWith(path) ? base : base + path;
  return url;
}

/** SGLang's `x-sample-rate`, or the `rate` of `audio/pcm;rate=24000`. */
function declaredRateHz(headers: IncomingHttpHeaders): number | undefined {
  const rate = /\brate=(\d+)/i.exec(headers['content-type'] ?? '')?.[1] ?? headers['x-sample-rate'];
  const rateHz = Number(rate ?? Number.NaN);
  return Number.isInteger(rateHz) && rateHz >= 4_000 && rateHz <= 192_000 ? rateHz : undefined;
}
