import https from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { MsEdgeTTS, OUTPUT_FORMAT, ProsodyOptions } from 'msedge-tts';
import type { WebSocket } from 'ws';
import {
  type Closing,
  closedFault,
  type Refusal,
  refusedFault,
  unknownVoiceFault,
  unreachableFault,
} from './edge-faults';
import { localeOf } from './edge-voices';

const MP3_24_KHZ = 'audio-24khz-48kbitrate-mono-mp3' as OUTPUT_FORMAT;
const OPEN = 1;

export interface EdgeTarget {
  voice: string;
  /** A stand-in on plain HTTP instead of the service: `http://127.0.0.1:8443`. */
  endpoint?: string | undefined;
}

/**
 * One WebSocket to the read-aloud service, for one sentence: the service does not reliably answer a second one on the same
 * connection (rany2/edge-tts#49, MsEdgeTTS#6).
 *
 * msedge-tts knows the service's handshake and messages and changes when they do; this holds what it leaves open (2.0.7).
 * Its only way to end a connection is to ask politely, which a server that is gone never answers, so `Line` keeps hold of
 * the socket below. Its message handler throws, inside the socket's own event and so past every `try`, at frames that
 * belong to no sentence, such as sound that is still under way after an abort; and it drops HTTP answers and close
 * reasons, which say what is wrong. So its handler is wrapped, and both are listened for.
 */
export class EdgeConnection {
  readonly #tts: MsEdgeTTS;
  readonly #line: Line;
  readonly #voice: string;
  #socket: WebSocket | undefined;
  #refusal: Refusal | undefined;
  #closing: Closing = { code: 1006, reason: '' };

  private constructor(tts: new (options: { agent: https.Agent }) => MsEdgeTTS, { voice, endpoint }: EdgeTarget) {
    this.#voice = voice;
    this.#line = new Line(endpoint, () => this.#attend());
    this.#tts = new tts({ agent: this.#line });
  }

  /** @throws ProviderError when it cannot be reached or refuses; the signal's reason when aborted. */
  static async open(target: EdgeTarget, signal: AbortSignal): Promise<EdgeConnection> {
    signal.throwIfAborted();
    const voiceLocale = localeOf(target.voice);
    // The name stands unescaped in the library's SSML, so nothing but a name may get there.
    if (voiceLocale === undefined) throw unknownVoiceFault(target.voice);
    // 0.15 s to load (it brings an HTTP client): only those who use this voice pay for it.
    const { MsEdgeTTS } = await import('msedge-tts');
    const connection = new EdgeConnection(MsEdgeTTS, target);
    const { promise: aborted, reject: abort } = deferred();
    const onAbort = () => {
      connection.close();
      abort(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([aborted, connection.#tts.setMetadata(target.voice, MP3_24_KHZ, { voiceLocale })]);
      return connection;
    } catch (error) {
      connection.close();
      signal.throwIfAborted();
      throw connection.#refusal ? refusedFault(connection.#refusal) : unreachableFault(error);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /**
   * The mp3 of a text (already escaped), in pieces as they arrive, complete when it returns. Once for each connection, which
   * is closed when it ends, fails, is aborted or is left early.
   * @throws ProviderError; the signal's reason when aborted.
   */
  async *speak(text: string, prosody: ProsodyOptions, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let heard = false;
    let onAbort: (() => void) | undefined;
    try {
      signal.throwIfAborted();
      // On a connection that is gone the library would dial again, on its own and with nobody to hear how that ends.
      if (this.#socket?.readyState !== OPEN) throw closedFault(this.#closing, false, this.#voice);
      const { audioStream } = this.#tts.toStream(text, prosody);
      onAbort = () => {
        this.close();
        audioStream.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        // Not bounded but by the text: 4 KiB of it are a few minutes, 6 kB each second.
        for await (const bytes of audioStream as AsyncIterable<Uint8Array>) {
          heard ||= bytes.length > 0;
          yield bytes;
        }
      } catch {
        signal.throwIfAborted();
        throw closedFault(this.#closing, heard, this.#voice);
      }
      this.#tts.close();
    } finally {
      if (onAbort) signal.removeEventListener('abort', onAbort);
      this.close();
    }
  }

  /** Ends the connection at once, whatever state it is in. Idempotent. */
  close(): void {
    this.#line.cut();
  }

  /** Runs when the library has made its WebSocket and before anything can have arrived on it. */
  #attend(): void {
    // The library has no other way in. Should a later version move it, no connection opens and the tests say so.
    const socket = (this.#tts as unknown as { _ws?: WebSocket })._ws;
    const deliver = socket?.onmessage;
    if (!socket || !deliver) {
      this.#line.cut();
      return;
    }
    socket.onmessage = (event) => {
      try {
        deliver.call(socket, event);
      } catch {
        // A frame for no sentence of ours. Had it been the one we wait for, the caller's deadline would end this.
      }
    };
    socket.addEventListener('close', ({ code, reason }) => {
      this.#closing = { code, reason };
    });
    socket.on('unexpected-response', (_request, { statusCode: status = 0, headers }) => {
      this.#refusal = { status, date: headers.date, retryAfter: headers['retry-after'] };
      socket.terminate();
    });
    this.#socket = socket;
  }
}

/** Makes the one TCP connection that a WebSocket runs on, and can cut it at any moment. */
class Line extends https.Agent {
  readonly #endpoint: URL | undefined;
  readonly #dialled: () => void;
  #socket: Duplex | undefined;
  #cut = false;

  constructor(endpoint: string | undefined, dialled: () => void) {
    super();
    this.#endpoint = endpoint === undefined ? undefined : new URL(endpoint);
    this.#dialled = dialled;
  }

  override createConnection(
    ...[options, done]: Parameters<https.Agent['createConnection']>
  ): Duplex | null | undefined {
    if (this.#cut || this.#socket) throw new Error('the connection has been closed');
    const endpoint = this.#endpoint;
    const socket = endpoint
      ? net.connect(Number(endpoint.port || 80), endpoint.hostname.replace(/^\[|\]$/g, ''))
      : super.createConnection(options, (error, late) => {
          this.#hold(late);
          done?.(error, late);
        });
    this.#hold(socket);
    // The library puts its handlers on the WebSocket in the same breath.
    queueMicrotask(this.#dialled);
    return socket;
  }

  cut(): void {
    this.#cut = true;
    this.#socket?.destroy();
  }

  #hold(socket: Duplex | null | undefined): void {
    if (!socket) return;
    this.#socket = socket;
    if (this.#cut) socket.destroy();
  }
}

function deferred(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject!: (reason: unknown) => void;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  // Without anybody in the race it would count as unhandled.
  promise.catch(() => {});
  return { promise, reject };
}
