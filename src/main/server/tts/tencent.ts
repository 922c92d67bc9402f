import { createHmac, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { PcmChunk } from '../audio/frame';
import { chosenVoice, cloudHints } from './cloud-voice';
import { type HttpVoiceOptions, jsonBody, VoiceHttp } from './http-audio';
import type { Refusal } from './http-faults';
import { passedOn } from './reference';
import type { Tts, TtsOptions } from './tts';

export interface TencentOptions extends HttpVoiceOptions {
  appId?: string;
  secretId?: string;
  /** Signs requests; never sent. */
  secretKey?: string;
}

const HOST = 'tts.cloud.tencent.com';
const PATH = '/stream';
/** The peers' default (Zhiyu, a woman's voice, Chinese). */
const VOICE = '101001';
/** Every voice has this rate, only some have 24,000. */
const RATE_HZ = 16_000;
const VALID_S = 3_600;
/** Speed as the service counts it: what is between its steps is interpolated. */
const SPEEDS: readonly [factor: number, speed: number][] = [
  [0.6, -2],
  [0.8, -1],
  [1, 0],
  [1.2, 1],
  [1.5, 2],
  [2.5, 6],
];

type Params = Record<string, string | number>;

/** Tencent Cloud's streaming speech (TextToStreamAudio). A voice is a number. Bare samples, as they are made. */
export class TencentTts implements Tts {
  readonly name = 'tencent';
  readonly #settings: TencentOptions;
  readonly #http: VoiceHttp;

  constructor(settings: TencentOptions = {}) {
    this.#settings = settings;
    const { server, secretId, secretKey } = settings;
    this.#http = new VoiceHttp(this.name, server ?? `https://${HOST}`, undefined, {
      ...cloudHints(server),
      request: 'Correct the voice (a number such as 101001) or the other voice settings.',
      keyNames: 'TENCENT_APPID, TENCENT_SECRET_ID and TENCENT_SECRET_KEY',
      secrets: [secretId, secretKey],
      refusal,
    });
  }

  /** @throws ProviderError; the signal's reason when aborted */
  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { appId, secretId, secretKey, sampleRateHz = RATE_HZ } = this.#settings;
    if (!appId || !secretId || !secretKey) {
      throw this.#http.faults.make('it has no keys', 'Set TENCENT_APPID, TENCENT_SECRET_ID and TENCENT_SECRET_KEY.');
    }
    const voice = chosenVoice(this.#settings, options) ?? VOICE;
    if (!/^\d{1,18}$/.test(voice)) {
      const reason = `there is no voice ${JSON.stringify(voice.slice(0, 60))}: its voices are numbers`;
      throw this.#http.faults.make(reason, 'Choose one such as 101001.', { ofRequest: true });
    }
    const timestampS = Math.floor(Date.now() / 1_000);
    const params: Params = {
      Volume: 0,
      ...plain(passedOn(options.extra)),
      Action: 'TextToStreamAudio',
      AppId: Number(appId),
      SecretId: secretId,
      ModelType: 1,
      VoiceType: Number(voice),
      Codec: 'pcm',
      SampleRate: sampleRateHz,
      Speed: speedOf(options.speed ?? 1),
      SessionId: randomUUID(),
      Text: sentence,
      Timestamp: timestampS,
      Expired: timestampS + VALID_S,
    };
    const { headers, body } = jsonBody(params);
    const { signal } = options;
    yield* this.#http.sound({
      method: 'POST',
      path: PATH,
      headers: { ...headers, authorization: signatureOf(params, secretKey) },
      body,
      signal,
      rawRateHz: sampleRateHz,
    });
  }

  async close(): Promise<void> {
    this.#http.close();
  }
}

/** Signed is Tencent's own address, also where a proxy stands before it. Keys in order of their bytes, values as they are. */
export function signatureOf(params: Params, secretKey: string): string {
  const query = Object.keys(params)
    .sort()
    .map((key) => `${key}=${params[key]}`)
    .join('&');
  return createHmac('sha1', secretKey).update(`POST${HOST}${PATH}?${query}`).digest('base64');
}

function speedOf(factor: number): number {
  const wanted = Math.max(0.6, Math.min(2.5, factor));
  const at = Math.max(
    1,
    SPEEDS.findIndex(([step]) => step >= wanted),
  );
  const [[below, from], [above, to]] = [SPEEDS[at - 1]!, SPEEDS[at]!];
  return Math.round((from + ((wanted - below) / (above - below)) * (to - from)) * 100) / 100;
}

/** Only what can be signed: the signature is made over plain values. */
const plain = (values: Record<string, unknown>): Params =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string | number] =>
      ['string', 'number'].includes(typeof entry[1]),
    ),
  );

const REFUSED = z.object({
  Response: z.object({ Error: z.object({ Code: z.string(), Message: z.string().default('') }) }),
});

/** It answers 200 and the refusal as JSON where sound was due. */
function refusal(body: unknown): Refusal | undefined {
  const { data } = REFUSED.safeParse(body);
  if (!data) return undefined;
  const { Code, Message } = data.Response.Error;
  return { status: statusOf(Code), message: `${Code}: ${Message}` };
}

function statusOf(code: string): number {
  if (/^(AuthFailure|UnauthorizedOperation)/.test(code)) return 401;
  if (/LimitExceeded/.test(code)) return 429;
  if (/Arrear|NoBan?lance|PkgExhausted|NoFreeAccount|ResourceInsufficient/i.test(code)) return 402;
  return /^Internal/.test(code) ? 500 : 400;
}
