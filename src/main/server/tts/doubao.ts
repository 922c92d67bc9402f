import { randomUUID } from 'node:crypto';
import type { PcmChunk } from '../audio/frame';
import { chosenVoice, cloudHints } from './cloud-voice';
import { readFrame, requestFrame } from './doubao-frames';
import type { HttpVoiceOptions } from './http-audio';
import { HttpFaults } from './http-faults';
import { passedOn } from './reference';
import type { Tts, TtsOptions } from './tts';
import { type Said, socketAddress, VoiceSockets } from './voice-socket';

export interface DoubaoOptions extends HttpVoiceOptions {
  appId?: string;
}

const SERVER = 'https://openspeech.bytedance.com';
const PATH = '/api/v1/tts/ws_binary';
/** A woman's voice that every account has. */
const VOICE = 'BV001_streaming';
const RATE_HZ = 24_000;
const CLUSTER = 'volcano_tts';
/** Where the voices that people made of their own recordings are; their names begin with S_. */
const CLONES_CLUSTER = 'volcano_icl';

/** What its codes mean in HTTP's (the table of "返回码说明"). */
const STATUS_OF_CODE: Record<number, number> = {
  3001: 400,
  3003: 429,
  3005: 503,
  3006: 400,
  3010: 400,
  3011: 400,
  3030: 504,
  3031: 500,
  3032: 504,
  3040: 502,
  3050: 400,
};

/** ByteDance's Doubao voices (Volcano Engine), by the binary WebSocket protocol that streams. Bare samples, as they are made. */
export class DoubaoTts implements Tts {
  readonly name = 'doubao';
  readonly #settings: DoubaoOptions;
  readonly #faults: HttpFaults;
  readonly #sockets: VoiceSockets;

  constructor(settings: DoubaoOptions = {}) {
    this.#settings = settings;
    const { server, apiKey } = settings;
    const address = socketAddress(server ?? SERVER);
    this.#faults = new HttpFaults(this.name, address, apiKey, {
      ...cloudHints(server),
      request: 'Correct the voice (such as BV001_streaming), and see that the account has it.',
      keyNames: 'DOUBAO_TOKEN (or HERALD_TTS_API_KEY), and its app in DOUBAO_APPID',
    });
    this.#sockets = new VoiceSockets(address, this.#faults);
  }

  /** @throws ProviderError; the signal's reason when aborted */
  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { apiKey, appId, sampleRateHz: rateHz = RATE_HZ } = this.#settings;
    if (!apiKey || !appId) throw this.#faults.make('it has no key', 'Set DOUBAO_APPID and DOUBAO_TOKEN.');
    yield* this.#sockets.sound({
      path: PATH,
      // Their own form: a semicolon where others have a blank.
      headers: { authorization: `Bearer;${apiKey}` },
      messages: [requestFrame(this.#request(sentence, appId, options))],
      rateHz,
      read: (message) => this.#read(message),
      signal: options.signal,
    });
  }

  async close(): Promise<void> {
    this.#sockets.close();
  }

  #request(text: string, appid: string, options: TtsOptions): object {
    const { model, sampleRateHz: rate = RATE_HZ } = this.#settings;
    const { speed = 1, pitchSemitones = 0 } = options;
    const voice = chosenVoice(this.#settings, options) ?? VOICE;
    return {
      // The token that counts is in the header; this one only has to be there.
      app: { appid, token: 'access_token', cluster: model ?? (voice.startsWith('S_') ? CLONES_CLUSTER : CLUSTER) },
      user: { uid: 'herald' },
      audio: {
        ...passedOn(options.extra),
        voice_type: voice,
        encoding: 'pcm',
        rate,
        ...(speed === 1 ? {} : { speed_ratio: Math.round(speed * 100) / 100 }),
        ...(pitchSemitones === 0 ? {} : { pitch_ratio: Math.round(2 ** (pitchSemitones / 12) * 100) / 100 }),
      },
      request: { reqid: randomUUID(), text, text_type: 'plain', operation: 'submit' },
    };
  }

  #read(message: Buffer): Said {
    const frame = readFrame(message);
    if (frame.kind === 'sound') return { sound: frame.bytes, last: frame.last };
    if (frame.kind === 'refusal') throw this.#refusal(frame.code, frame.message);
    if (frame.kind === 'other') return {};
    throw this.#faults.make(`${this.#faults.address} sent a message that cannot be read`, 'Correct --TTS_SERVER.');
  }

  #refusal(code: number, message: string) {
    // "quota exceeded for types: concurrency" is too many at once, "..._lifetime" an account that is used up.
    const busy = /concurrency/i.test(message);
    const spent = !busy && /quota exceeded/i.test(message);
    const barred = /authenticate|grant not found|access denied/i.test(message);
    const status = busy ? 429 : spent ? 402 : barred ? 401 : (STATUS_OF_CODE[code] ?? 500);
    return this.#faults.status(status, {}, message ? `${code}: ${message}` : String(code));
  }
}
