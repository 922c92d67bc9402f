import type { PcmChunk } from '../audio/frame';
import { fileIn, GradioApp, type GradioFile, type GradioInput } from './gradio';
import { type HttpVoiceOptions, VoiceHttp } from './http-audio';
import { chosenReference, passedOn, type Recording, readRecording } from './reference';
import type { Tts, TtsOptions } from './tts';

const SERVER = 'http://127.0.0.1:7860';
const FUNCTION = 'gen_single';
const RATE_HZ = 22_050;
const MAX_UPLOADS = 8;

/**
 * IndexTTS2's own page (webui.py), which is a Gradio app: copies the voice of a recording, which is uploaded once. It makes a
 * whole file before it answers. Inputs that nobody names are what they are on the page, in whatever order and language this
 * version of the page has them.
 */
export class IndexTts2 implements Tts {
  readonly name = 'indextts2';
  readonly #settings: HttpVoiceOptions;
  readonly #http: VoiceHttp;
  readonly #app: GradioApp;
  #inputs: GradioInput[] | undefined;
  /** By the recording's key, oldest first. */
  readonly #uploads = new Map<string, GradioFile>();

  constructor(settings: HttpVoiceOptions = {}) {
    this.#settings = settings;
    this.#http = new VoiceHttp(this.name, settings.server ?? SERVER, settings.apiKey, {
      missing: "Start IndexTTS2's webui.py, and put its address in --TTS_SERVER.",
      brokenOff: 'Look at the window of IndexTTS2.',
    });
    this.#app = new GradioApp(this.#http);
  }

  /** @throws ProviderError; the signal's reason when aborted */
  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { signal } = options;
    const { faults } = this.#http;
    const reference = chosenReference(this.#settings, options);
    if (!reference) {
      const reason = 'it has no recording whose voice it could copy';
      throw faults.make(reason, 'Set --REF_FILE to the path of one of 3 to 15 s on this machine.');
    }
    const recording = await readRecording(reference, this.#settings.voicesDir, this.name);
    const inputs = await this.#inputsOf(signal);
    const prompt = await this.#uploaded(recording, signal);
    const output = await this.#app.call(FUNCTION, filled(inputs, sentence, prompt, passedOn(options.extra)), signal);
    const file = output && fileIn(output);
    if (!file) {
      // It may have been started anew, without the recording and perhaps as another version.
      this.#forget();
      throw faults.make(`${faults.address} could not say the text`, 'Look at the window of IndexTTS2.', {
        retrySafe: true,
      });
    }
    yield* this.#app.sound(file, signal, this.#settings.sampleRateHz ?? RATE_HZ);
  }

  async close(): Promise<void> {
    this.#http.close();
  }

  async #inputsOf(signal: AbortSignal): Promise<GradioInput[]> {
    this.#inputs ??= await this.#app.inputsOf(FUNCTION, signal);
    if (this.#inputs) return this.#inputs;
    const { faults } = this.#http;
    const reason = `${faults.address} is a Gradio app, but has no function "${FUNCTION}"`;
    throw faults.make(reason, 'Put the address of IndexTTS2 in --TTS_SERVER.');
  }

  async #uploaded(recording: Recording, signal: AbortSignal): Promise<GradioFile> {
    const known = this.#uploads.get(recording.key);
    if (known) return known;
    const file = await this.#app.upload(recording, signal);
    if (this.#uploads.size >= MAX_UPLOADS) this.#uploads.delete(this.#uploads.keys().next().value!);
    this.#uploads.set(recording.key, file);
    return file;
  }

  #forget(): void {
    this.#inputs = undefined;
    this.#uploads.clear();
  }
}

/** A request may set what is a number, a switch or a word on the page; a file it may not name. */
function filled(inputs: GradioInput[], text: string, prompt: GradioFile, extra: Record<string, unknown>): unknown[] {
  return inputs.map(({ name, value }) => {
    if (name === 'text') return text;
    if (name === 'prompt') return prompt;
    const wanted = Object.hasOwn(extra, name) ? extra[name] : undefined;
    // Its default says what kind of input it is; one without is a file.
    return value !== undefined && typeof wanted === typeof value ? wanted : (value ?? null);
  });
}
