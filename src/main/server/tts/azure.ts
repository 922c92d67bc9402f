import { z } from 'zod';
import type { PcmChunk } from '../audio/frame';
import { chosenVoice, cloudHints } from './cloud-voice';
import { prosody, ssmlPieces, ssmlText } from './edge-ssml';
import { type HttpVoiceOptions, VoiceHttp } from './http-audio';
import type { Tts, TtsOptions, VoiceInfo, VoiceSettings } from './tts';

export interface AzureOptions extends HttpVoiceOptions {
  /** Of the speech resource, e.g. `eastasia`. */
  region?: string;
}

/** The peers' default. It reads other languages too, so an English sentence does not come from another person. */
const VOICE = 'zh-CN-XiaoxiaoMultilingualNeural';
const RATE_HZ = 24_000;
const MAX_LIST_BYTES = 4 << 20;
const LIST = z.array(
  z.object({
    ShortName: z.string(),
    DisplayName: z.string().optional(),
    Locale: z.string().optional(),
    Gender: z.string().optional(),
  }),
);

/**
 * Azure's speech service by its REST API: the voices of Edge and more, with a contract and a key. Bare samples of 24 kHz, as
 * they are made.
 */
export class AzureTts implements Tts {
  readonly name = 'azure';
  readonly #settings: AzureOptions;
  readonly #http: VoiceHttp;

  constructor(settings: AzureOptions = {}) {
    this.#settings = settings;
    const { server, region = 'eastus', apiKey } = settings;
    // The key has a header of its own.
    this.#http = new VoiceHttp(this.name, server ? baseAddress(server) : regionAddress(region), undefined, {
      ...cloudHints(server),
      request: 'Correct the voice: GET /api/voices lists those of the region.',
      keyNames: 'AZURE_SPEECH_KEY (or HERALD_TTS_API_KEY), and its region in AZURE_TTS_REGION',
      secrets: [apiKey],
    });
  }

  /** @throws ProviderError; the signal's reason when aborted */
  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    this.#assertConfigured();
    const headers = {
      ...this.#headers(),
      'content-type': 'application/ssml+xml',
      'x-microsoft-outputformat': 'raw-24khz-16bit-mono-pcm',
    };
    const voice = chosenVoice(this.#settings, options) ?? VOICE;
    for (const piece of ssmlPieces(sentence)) {
      const body = ssml(piece, voice, options);
      const { signal } = options;
      yield* this.#http.sound({
        method: 'POST',
        path: '/cognitiveservices/v1',
        headers,
        body,
        signal,
        rawRateHz: RATE_HZ,
      });
    }
  }

  /** @throws ProviderError; the signal's reason when aborted */
  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    this.#assertConfigured();
    const path = '/cognitiveservices/voices/list';
    const answer = await this.#http.ask({ method: 'GET', path, headers: this.#headers(), signal });
    const list = LIST.safeParse(await this.#http.json(answer, MAX_LIST_BYTES));
    if (!list.success) return [];
    return list.data.map(({ ShortName, DisplayName, Locale, Gender }) => ({
      id: ShortName,
      name: DisplayName ?? ShortName,
      ...(Locale !== undefined && { language: Locale }),
      ...(Gender === 'Female' && { gender: 'female' as const }),
      ...(Gender === 'Male' && { gender: 'male' as const }),
    }));
  }

  async close(): Promise<void> {
    this.#http.close();
  }

  /** A server of one's own may need neither; Azure answers nobody without both, and a guessed region refuses the key. */
  #assertConfigured(): void {
    const { server, apiKey, region } = this.#settings;
    if (server !== undefined) return;
    if (!apiKey) throw this.#http.faults.make('it has no key', 'Set AZURE_SPEECH_KEY and AZURE_TTS_REGION.');
    if (!region) throw this.#http.faults.make('it has no region', 'Set AZURE_TTS_REGION to the region of the key.');
  }

  #headers(): Record<string, string> {
    const { apiKey } = this.#settings;
    return { 'user-agent': 'herald', ...(apiKey ? { 'ocp-apim-subscription-key': apiKey } : {}) };
  }
}

/** One voice for the whole of a text that is already escaped. `xml:lang` must be there; the voice decides. */
function ssml(piece: string, voice: string, settings: VoiceSettings): string {
  const language = /^[a-z]{2,3}-[A-Z]\w+/.exec(voice)?.[0] ?? 'en-US';
  const { rate, pitch } = prosody(settings);
  return (
    `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="${language}">` +
    `<voice name="${ssmlText(voice)}"><prosody rate="${rate}" pitch="${pitch}">${piece}</prosody></voice></speak>`
  );
}

/** The cloud in China has a domain of its own. */
const regionAddress = (region: string): string =>
  `https://${region}.tts.speech.${region.startsWith('china') ? 'azure.cn' : 'microsoft.com'}`;

/** People paste what the portal shows as "endpoint", which is where tokens are made, or the whole address of speech. */
function baseAddress(server: string): string {
  const url = new URL(server);
  const region = /^(\w+)\.api\.cognitive\.(?:microsoft\.com|azure\.cn)$/.exec(url.hostname)?.[1];
  if (region) return regionAddress(region);
  url.pathname = url.pathname.replace(/\/cognitiveservices\/.*$/, '');
  return url.href;
}
