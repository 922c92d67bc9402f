import type { PcmChunk } from '../audio/frame';
import { type HttpVoiceOptions, VoiceHttp } from './http-audio';
import { guessLanguage } from './language';
import { chosenReference, passedOn, readRecording } from './reference';
import type { Tts, TtsOptions, VoiceInfo } from './tts';
import { XttsSpeakers } from './xtts-speakers';

const SERVER = 'http://127.0.0.1:8000';
const RAW_RATE_HZ = 24_000;
/** What XTTS v2 speaks. Latin letters are read as English unless `language` says otherwise. */
// biome-ignore format: a list
const LANGUAGES = new Set([
  'en', 'es', 'fr', 'de', 'it', 'pt', 'pl', 'tr', 'ru', 'nl', 'cs', 'ar', 'zh-cn', 'hu', 'ko', 'ja', 'hi',
]);

/**
 * Coqui's xtts-streaming-server. The voice is computed once from a recording that is uploaded, or is one of the built-in
 * speakers by name, and its numbers then go along with every sentence: the server keeps nothing. It has no speed.
 */
export class XttsTts implements Tts {
  readonly name = 'xtts';
  readonly #settings: HttpVoiceOptions;
  readonly #http: VoiceHttp;
  readonly #speakers: XttsSpeakers;

  constructor(settings: HttpVoiceOptions = {}) {
    this.#settings = settings;
    this.#http = new VoiceHttp(this.name, settings.server ?? SERVER, settings.apiKey, {
      request: 'Correct the `language` (e.g. "en", "zh-cn") or the voice settings of the request.',
      missing: 'Start xtts-streaming-server, and put its address in --TTS_SERVER.',
      brokenOff:
        'Look at the log of the XTTS server; it ends like this when it runs out of memory or cannot say the text.',
    });
    this.#speakers = new XttsSpeakers(this.#http);
  }

  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { signal } = options;
    const fields = {
      language: languageCode(sentence),
      stream_chunk_size: '20',
      ...passedOn(options.extra),
      text: sentence,
    };
    const speaker = await this.#speaker(options);
    // Joined as text: parsing and writing 33,000 numbers again would cost 10 ms a sentence.
    const body = `${speaker.slice(0, speaker.lastIndexOf('}'))},${JSON.stringify(fields).slice(1)}`;
    const headers = { 'content-type': 'application/json' };
    const rawRateHz = this.#settings.sampleRateHz ?? RAW_RATE_HZ;
    yield* this.#http.sound({ method: 'POST', path: '/tts_stream', headers, body, signal, rawRateHz });
  }

  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    return (await this.#speakers.names(signal)).map((name) => ({ id: name, name }));
  }

  async close(): Promise<void> {
    this.#speakers.close();
    this.#http.close();
  }

  /** What the request names goes before the settings, and a recording before a name. */
  async #speaker(options: TtsOptions): Promise<string> {
    const reference = chosenReference(this.#settings, options);
    if (reference && (reference.requested || options.voice === undefined)) {
      const recording = await readRecording(reference, this.#settings.voicesDir, this.name);
      return this.#speakers.clone(recording, options.signal);
    }
    return this.#speakers.studio(options.voice ?? this.#settings.voice, options.signal);
  }
}

function languageCode(text: string): string {
  const { language } = guessLanguage(text);
  if (language === 'zh' || language === 'yue') return 'zh-cn';
  return language !== undefined && LANGUAGES.has(language) ? language : 'en';
}
