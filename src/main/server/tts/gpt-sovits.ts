import type { PcmChunk } from '../audio/frame';
import { type HttpVoiceOptions, jsonBody, VoiceHttp } from './http-audio';
import { guessLanguage } from './language';
import { chosenReference, passedOn } from './reference';
import type { Tts, TtsOptions } from './tts';

const SERVER = 'http://127.0.0.1:9880';
/** v1 and v2 models; v3 makes 24,000 and v4 48,000. Only matters when `media_type: "raw"` was asked for. */
const RAW_RATE_HZ = 32_000;
/** What api_v2.py reads as one language (with English words inside); `ko` and `yue` since its v2 models. */
const LANGUAGES = new Set(['zh', 'en', 'ja', 'ko', 'yue']);

/**
 * GPT-SoVITS (api_v2.py): copies the voice of a recording of 3 to 10 s. `referenceAudio` is a path on the server's machine
 * and goes there as it is. The peers ask for ogg, each piece a whole file; WAV is one header and then samples.
 */
export class GptSovitsTts implements Tts {
  readonly name = 'gpt-sovits';
  readonly #settings: HttpVoiceOptions;
  readonly #http: VoiceHttp;

  constructor(settings: HttpVoiceOptions = {}) {
    this.#settings = settings;
    this.#http = new VoiceHttp(this.name, settings.server ?? SERVER, settings.apiKey, {
      request:
        'Correct --REF_FILE (a path on the machine of the GPT-SoVITS server, of a recording of 3 to 10 s) and --REF_TEXT.',
      missing: 'Start GPT-SoVITS with api_v2.py, and put its address in --TTS_SERVER.',
      // It begins to answer before it opens the recording, so a bad one shows as a connection that breaks off.
      brokenOff:
        'Look at the window of GPT-SoVITS; most often --REF_FILE does not exist on its machine or is not 3 to 10 s long.',
    });
  }

  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { signal, speed = 1 } = options;
    const reference = chosenReference(this.#settings, options);
    const language = languageCode(sentence) ?? languageCode(reference?.text ?? '') ?? 'auto';
    const body = {
      text_lang: language,
      ref_audio_path: reference?.audio,
      prompt_text: reference?.text ?? '',
      // Wanted even without a prompt.
      prompt_lang: languageCode(reference?.text ?? '') ?? language,
      media_type: 'wav',
      streaming_mode: true,
      ...(speed === 1 ? {} : { speed_factor: speed }),
      ...passedOn(options.extra),
      text: sentence,
    };
    if (!body.ref_audio_path) {
      throw this.#http.faults.make(
        'it has no recording whose voice it could copy',
        'Set --REF_FILE to the path of one of 3 to 10 s on the machine of the GPT-SoVITS server, and --REF_TEXT to what it says.',
      );
    }
    const rawRateHz = this.#settings.sampleRateHz ?? RAW_RATE_HZ;
    yield* this.#http.sound({ method: 'POST', path: '/tts', ...jsonBody(body), signal, rawRateHz });
  }

  async close(): Promise<void> {
    this.#http.close();
  }
}

/** `auto` lets the server cut the text by language itself; undefined for a text without letters. */
function languageCode(text: string): string | undefined {
  const { language, mixed } = guessLanguage(text);
  if (mixed) return 'auto';
  if (language === undefined) return undefined;
  return LANGUAGES.has(language) ? language : 'auto';
}
