import type { RecordedRequest, VoicePcm, VoiceReply, VoiceScript } from './voice-server-host';

/** Speech for a text. */
export type Speaker = (text: string) => VoicePcm | Promise<VoicePcm>;

export interface VoiceServerOptions {
  /** What is sent for any text: a tone unless told. Bare samples carry no rate, so it must be the one that the engine expects. */
  speech?: VoicePcm | Speaker;
  script?: VoiceScript;
  port?: number;
  /** Wanted in `Authorization: Bearer`. */
  key?: string;
  /** Built-in voices, references of the server or paths on its machine, as the server has it. */
  voices?: string[];
  /** How it writes speech, where other builds of the server differ from the documented one. */
  as?: 'bare' | 'streamed' | 'pieces' | 'file';
  /** Of `file`: other bytes than a WAV, e.g. an mp3. */
  file?: Buffer;
  contentType?: string;
  /** CosyVoice: what its routes take. */
  methods?: string[];
}

export type Answer = (request: RecordedRequest, options: VoiceServerOptions) => VoiceReply | Promise<VoiceReply>;

/** 440 Hz at -6 dBFS. */
export function tone(sampleRateHz: number, durationMs = 600): VoicePcm {
  const length = Math.round((sampleRateHz * durationMs) / 1_000);
  const samples = Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / sampleRateHz));
  return { samples, sampleRateHz };
}

/** FastAPI's answer to fields that are missing or of the wrong kind. */
export function invalid(...fields: string[]): VoiceReply {
  const detail = fields.map((field) => ({ type: 'missing', loc: ['body', field], msg: 'Field required', input: null }));
  return { status: 422, json: { detail } };
}

export const notFound: VoiceReply = { status: 404, json: { detail: 'Not Found' } };
export const notAllowed: VoiceReply = { status: 405, json: { detail: 'Method Not Allowed' } };

/** Speech as this server writes it. */
export async function speak(
  { speech, as, file, contentType }: VoiceServerOptions,
  text: string,
  usual: { as: 'bare' | 'streamed'; contentType?: string; rateHz: number },
): Promise<VoiceReply> {
  const pcm = typeof speech === 'function' ? await speech(text) : (speech ?? tone(usual.rateHz));
  const type = contentType ?? usual.contentType;
  return { as: as ?? usual.as, pcm, ...(type ? { contentType: type } : {}), ...(file ? { bytes: file } : {}) };
}

/** Which of these are not there. */
export const missing = (values: Record<string, unknown>, ...names: string[]): string[] =>
  names.filter((name) => values[name] === undefined || values[name] === '');
