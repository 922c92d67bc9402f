import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { PcmChunk } from '../audio/frame';
import { chosenVoice, cloudHints } from './cloud-voice';
import type { HttpVoiceOptions } from './http-audio';
import { HttpFaults } from './http-faults';
import { guessLanguage } from './language';
import { passedOn } from './reference';
import type { Tts, TtsOptions } from './tts';
import { type Said, socketAddress, VoiceSockets } from './voice-socket';

const SERVER = 'https://dashscope.aliyuncs.com';
const PATH = '/api-ws/v1/realtime';
const MODEL = 'qwen3-tts-flash-realtime';
const VOICE = 'Cherry';
const RATE_HZ = 24_000;
/** Languages that letters alone tell; for the others the model listens to the text itself (`Auto`). */
const LANGUAGES: Record<string, string> = { zh: 'Chinese', ja: 'Japanese', ko: 'Korean', ru: 'Russian' };

const EVENT = z.object({
  type: z.string(),
  delta: z.string().optional(),
  session: z.object({ sample_rate: z.number().optional() }).optional(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).optional(),
});

/**
 * Alibaba's Qwen voices by DashScope's realtime API, in its `commit` mode: a sentence is written, committed and spoken. Bare
 * samples, as they are made.
 */
export class QwenTts implements Tts {
  readonly name = 'qwen';
  readonly #settings: HttpVoiceOptions;
  readonly #faults: HttpFaults;
  readonly #sockets: VoiceSockets;

  constructor(settings: HttpVoiceOptions = {}) {
    this.#settings = settings;
    const { server, apiKey } = settings;
    const address = socketAddress(server ?? SERVER);
    this.#faults = new HttpFaults(this.name, address, apiKey, {
      ...cloudHints(server),
      request: 'Correct the voice (such as Cherry or Ethan), --tts_model or the other voice settings.',
      missing: 'Correct --tts_model.',
      keyNames: 'DASHSCOPE_API_KEY (or HERALD_TTS_API_KEY)',
    });
    this.#sockets = new VoiceSockets(address, this.#faults);
  }

  /** @throws ProviderError; the signal's reason when aborted */
  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { apiKey, server, model = MODEL } = this.#settings;
    if (!apiKey && server === undefined) throw this.#faults.make('it has no key', 'Set DASHSCOPE_API_KEY.');
    const session = this.#session(sentence, options);
    const messages = [
      { type: 'session.update', session },
      { type: 'input_text_buffer.append', text: sentence },
      { type: 'input_text_buffer.commit' },
    ];
    yield* this.#sockets.sound({
      path: `${PATH}?model=${encodeURIComponent(model)}`,
      headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
      messages: messages.map((message) => JSON.stringify({ event_id: randomUUID(), ...message })),
      rateHz: RATE_HZ,
      read: (message, isText) => this.#read(message, isText),
      signal: options.signal,
    });
  }

  async close(): Promise<void> {
    this.#sockets.close();
  }

  #session(sentence: string, options: TtsOptions): object {
    const { speed = 1, pitchSemitones = 0 } = options;
    return {
      ...passedOn(options.extra),
      voice: chosenVoice(this.#settings, options) ?? VOICE,
      mode: 'commit',
      language_type: languageOf(sentence),
      response_format: 'pcm',
      sample_rate: RATE_HZ,
      // The older model (qwen-tts-realtime) takes neither.
      ...(speed === 1 ? {} : { speech_rate: speed }),
      ...(pitchSemitones === 0 ? {} : { pitch_rate: Math.round(2 ** (pitchSemitones / 12) * 100) / 100 }),
    };
  }

  #read(message: Buffer, isText: boolean): Said {
    const event = isText ? parsed(message) : undefined;
    if (!event) {
      throw this.#faults.make(`${this.#faults.address} sent a message that cannot be read`, 'Correct --TTS_SERVER.');
    }
    switch (event.type) {
      case 'session.updated': {
        const rateHz = event.session?.sample_rate;
        if (rateHz === undefined) return {};
        if (Number.isInteger(rateHz) && rateHz >= 4_000 && rateHz <= 192_000) return { rateHz };
        throw this.#faults.make(
          `${this.#faults.address} named an impossible sample rate of ${rateHz} Hz`,
          'Correct --TTS_SERVER.',
        );
      }
      case 'response.audio.delta':
        return event.delta ? { sound: Buffer.from(event.delta, 'base64') } : {};
      case 'response.done':
        return { last: true };
      case 'error': {
        const { code, message: words } = event.error ?? {};
        throw this.#faults.status(statusOf(code ?? ''), {}, [code, words].filter(Boolean).join(': '));
      }
      default:
        return {};
    }
  }
}

function parsed(message: Buffer) {
  try {
    return EVENT.safeParse(JSON.parse(message.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** DashScope's codes are words of two styles: `invalid_value` here, `Throttling.RateQuota` elsewhere. */
function statusOf(code: string): number {
  if (/throttl|rate_?(limit|quota)|too_?many/i.test(code)) return 429;
  if (/arrear|quota|balance/i.test(code)) return 402;
  if (/api_?key|unauthor|access_?denied|forbidden/i.test(code)) return 401;
  return /invalid|not_?found|unsupported/i.test(code) ? 400 : 500;
}

function languageOf(sentence: string): string {
  const { language, mixed } = guessLanguage(sentence);
  if (mixed || language === undefined || /\p{Script=Latin}/u.test(sentence)) return 'Auto';
  return LANGUAGES[language] ?? 'Auto';
}
