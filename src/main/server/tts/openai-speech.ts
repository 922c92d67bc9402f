import type { PcmChunk } from '../audio/frame';
import { type HttpVoiceOptions, jsonBody, VoiceHttp } from './http-audio';
import { listedVoices, openAiVoices } from './openai-voices';
import { passedOn } from './reference';
import type { Tts, TtsOptions, VoiceInfo } from './tts';

const SERVER = 'https://api.openai.com';
const MODEL = 'tts-1';
const VOICE = 'alloy';
const RAW_RATE_HZ = 24_000;
const MAX_LIST_BYTES = 4 << 20;

/**
 * OpenAI's /v1/audio/speech, and every server that speaks it: Kokoro-FastAPI, LocalAI, openedai-speech, vLLM-omni... They are
 * asked for bare samples; some answer WAV or mp3 all the same, which is read too (mp3 only once it is complete).
 */
export class OpenAiSpeechTts implements Tts {
  readonly name = 'openai';
  readonly #settings: HttpVoiceOptions;
  readonly #http: VoiceHttp;
  readonly #isOpenAi: boolean;

  constructor(settings: HttpVoiceOptions = {}) {
    this.#settings = settings;
    const server = baseAddress(settings.server ?? SERVER);
    this.#isOpenAi = new URL(server).hostname === 'api.openai.com';
    this.#http = new VoiceHttp(this.name, server, settings.apiKey, {
      request: 'Correct the voice, --tts_model or the other voice settings.',
      missing: this.#isOpenAi ? 'Correct --tts_model.' : 'Correct --TTS_SERVER or --tts_model.',
    });
  }

  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { signal, speed = 1 } = options;
    const body = {
      model: this.#settings.model ?? MODEL,
      voice: options.voice ?? this.#settings.voice ?? VOICE,
      response_format: 'pcm',
      ...(speed === 1 ? {} : { speed }),
      ...passedOn(options.extra),
      input: sentence,
    };
    const rawRateHz = this.#settings.sampleRateHz ?? RAW_RATE_HZ;
    yield* this.#http.sound({ method: 'POST', path: '/audio/speech', ...jsonBody(body), signal, rawRateHz });
  }

  /** What the server lists (Kokoro-FastAPI and others do), else OpenAI's own names. */
  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    const known = openAiVoices(this.#settings.model ?? MODEL);
    if (this.#isOpenAi) return known;
    const request = { method: 'GET', path: '/audio/voices', signal } as const;
    const answer = await this.#http.ask(request, [400, 404, 405, 501]);
    if (answer.status >= 300) {
      answer.cancel();
      return known;
    }
    const voices = listedVoices(await this.#http.json(answer, MAX_LIST_BYTES));
    return voices.length > 0 ? voices : known;
  }

  async close(): Promise<void> {
    this.#http.close();
  }
}

/** People give the host, the base URL of their client (`.../v1`) or the whole endpoint. */
function baseAddress(server: string): string {
  const url = new URL(server);
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/audio\/speech$/, '');
  if (!/\/v\d+[a-z]*$/.test(url.pathname)) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1`;
  return url.href;
}
