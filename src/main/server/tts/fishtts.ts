import type { PcmChunk } from '../audio/frame';
import { type HttpVoiceOptions, jsonBody, VoiceHttp } from './http-audio';
import { chosenReference, passedOn } from './reference';
import type { Tts, TtsOptions, VoiceInfo } from './tts';

const SERVER = 'http://127.0.0.1:8080';
/** The server drops the header of a streamed WAV (2026-04: it sends only `bytes`, and the header is none): bare samples. */
const RAW_RATE_HZ = 44_100;
const MAX_LIST_BYTES = 1 << 20;

/**
 * Fish Speech (tools/api_server.py), and the same API at fish.audio. A voice is a folder of recordings on the server,
 * named by `voice` or `referenceAudio` (the peers' REF_FILE).
 */
export class FishTts implements Tts {
  readonly name = 'fishtts';
  readonly #settings: HttpVoiceOptions;
  readonly #http: VoiceHttp;

  constructor(settings: HttpVoiceOptions = {}) {
    this.#settings = settings;
    this.#http = new VoiceHttp(this.name, settings.server ?? SERVER, settings.apiKey, {
      request: 'Correct --REF_FILE: it is the name of a reference on the Fish Speech server.',
      missing: 'Start Fish Speech with tools/api_server.py, and put its address in --TTS_SERVER.',
      brokenOff:
        'Look at the log of Fish Speech; a --REF_FILE with other characters than letters, digits, "-", "_" and blanks ends like this.',
    });
  }

  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { signal, speed = 1 } = options;
    const reference = chosenReference(this.#settings, options);
    const voice = reference?.requested ? reference.audio : (options.voice ?? reference?.audio ?? this.#settings.voice);
    const body = {
      ...(voice === undefined ? {} : { reference_id: voice }),
      format: 'wav',
      streaming: true,
      use_memory_cache: 'on',
      // fish.audio's; a server of one's own has no such control and passes over it.
      ...(speed === 1 ? {} : { prosody: { speed } }),
      ...passedOn(options.extra),
      text: sentence,
    };
    const rawRateHz = this.#settings.sampleRateHz ?? RAW_RATE_HZ;
    yield* this.#http.sound({ method: 'POST', path: '/v1/tts', ...jsonBody(body), signal, rawRateHz });
  }

  /** The references of the server; none where it is too old to list them. */
  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    const request = {
      method: 'GET',
      path: '/v1/references/list',
      headers: { accept: 'application/json' },
      signal,
    } as const;
    const answer = await this.#http.ask(request, [404, 405]);
    if (answer.status !== 200) {
      answer.cancel();
      return [];
    }
    const { reference_ids: ids } = await this.#http.json(answer, MAX_LIST_BYTES);
    if (!Array.isArray(ids)) return [];
    return ids.filter((id) => typeof id === 'string').map((id) => ({ id, name: id }));
  }

  async close(): Promise<void> {
    this.#http.close();
  }
}
