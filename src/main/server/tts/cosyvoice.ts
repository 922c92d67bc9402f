import type { PcmChunk } from '../audio/frame';
import { formBody, type HttpVoiceOptions, VoiceHttp } from './http-audio';
import { chosenReference, passedOn, readRecording } from './reference';
import type { Tts, TtsOptions } from './tts';

const SERVER = 'http://127.0.0.1:50000';
/** CosyVoice 2 and 3. CosyVoice 1 makes 22,050 Hz, and no answer tells which: see `sampleRateHz`. */
const RAW_RATE_HZ = 24_000;
/** A built-in speaker of the SFT and Instruct models. */
const SPEAKER = '中文女';

/**
 * CosyVoice (runtime/python/fastapi/server.py): copies the voice of a recording that goes along with every sentence, or
 * speaks as one of the model's own speakers (`voice`) where there is none. It has no speed.
 */
export class CosyVoiceTts implements Tts {
  readonly name = 'cosyvoice';
  readonly #settings: HttpVoiceOptions;
  readonly #http: VoiceHttp;
  /** Its first versions serve GET only, although the form is a body, and the peers' clients use that; newer ones take both. */
  #method: 'GET' | 'POST' = 'GET';

  constructor(settings: HttpVoiceOptions = {}) {
    this.#settings = settings;
    this.#http = new VoiceHttp(this.name, settings.server ?? SERVER, settings.apiKey, {
      request: 'Correct --REF_FILE (a recording of at most 30 s) and --REF_TEXT (what it says).',
      missing: 'Start CosyVoice with runtime/python/fastapi/server.py, and put its address in --TTS_SERVER.',
      // It begins to answer before it looks for the speaker.
      brokenOff:
        'Look at the log of CosyVoice; a speaker that the model does not have ends like this (CosyVoice 2 and 3 have none: set --REF_FILE).',
    });
  }

  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { path, form } = await this.#form(sentence, options);
    const encoded = await formBody(form);
    const rawRateHz = this.#settings.sampleRateHz ?? RAW_RATE_HZ;
    const request = { method: this.#method, path, ...encoded, signal: options.signal, rawRateHz };
    let answer = await this.#http.ask(request, [405]);
    if (answer.status === 405) {
      answer.cancel();
      const method = request.method === 'GET' ? 'POST' : 'GET';
      answer = await this.#http.ask({ ...request, method });
      this.#method = method;
    }
    yield* this.#http.readSound(answer, request);
  }

  async close(): Promise<void> {
    this.#http.close();
  }

  async #form(sentence: string, options: TtsOptions): Promise<{ path: string; form: FormData | URLSearchParams }> {
    const extra = Object.entries(passedOn(options.extra)).map(([key, value]) => [key, asField(value)] as const);
    const reference = chosenReference(this.#settings, options);
    if (!reference || (!reference.requested && options.voice !== undefined)) {
      const form = new URLSearchParams({ spk_id: options.voice ?? this.#settings.voice ?? SPEAKER });
      for (const [key, value] of extra) form.set(key, value);
      form.set('tts_text', sentence);
      return { path: '/inference_sft', form };
    }
    const { bytes, fileName } = await readRecording(reference, this.#settings.voicesDir, this.name);
    const form = new FormData();
    if (reference.text !== undefined) form.set('prompt_text', reference.text);
    for (const [key, value] of extra) form.set(key, value);
    form.set('tts_text', sentence);
    form.set('prompt_wav', new File([bytes], fileName, { type: 'application/octet-stream' }));
    // FastAPI takes an empty field for a missing one; without a transcript there is a mode of its own.
    return { path: form.has('prompt_text') ? '/inference_zero_shot' : '/inference_cross_lingual', form };
  }
}

const asField = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
