import { setTimeout as sleep } from 'node:timers/promises';
import type { PcmChunk } from '../audio/frame';
import { HeraldError } from '../errors';
import { ProviderError } from '../provider-error';
import { greetingIn, languageInName } from './greetings';
import type { Tts, VoiceInfo } from './tts';
import { wavOf } from './wav';

export interface PreviewRequest {
  voice: string;
  /** Default: a greeting in the language of the voice. */
  text?: string | undefined;
  speed?: number | undefined;
}

/** Two hundred characters at half speed are less. */
const MAX_MS = 60_000;
/** An engine that asks for no more than this (a model is being loaded) is asked again. */
const MAX_RETRY_MS = 1_000;
const OFFLINE = 'espeak';

/**
 * A few words in a voice, as a WAV file of the rate that the voice has. Another engine that would speak in its place is not heard:
 * nobody could tell which voice they chose.
 *
 * @throws HeraldError('refused') that says why it cannot be heard; the signal's reason
 */
export async function previewVoice(
  tts: Tts,
  { voice, text, speed }: PreviewRequest,
  signal: AbortSignal,
): Promise<Buffer> {
  const words =
    text ?? greetingIn(languageInName(voice) ?? (await listed(tts, signal)).find(({ id }) => id === voice)?.language);
  const options = { voice, ...(speed !== undefined && { speed }) };
  for (;;) {
    try {
      return await say(tts, words, options, signal);
    } catch (error) {
      signal.throwIfAborted();
      const againInMs = error instanceof ProviderError ? error.retryAfterMs : undefined;
      if (againInMs === undefined || againInMs > MAX_RETRY_MS) throw refusal(error);
      await sleep(againInMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

async function say(
  tts: Tts,
  words: string,
  { voice, ...options }: { voice: string; speed?: number },
  signal: AbortSignal,
): Promise<Buffer> {
  const stop = new AbortController();
  const chunks: PcmChunk[] = [];
  let spokenMs = 0;
  let engine: string | undefined;
  const sound = tts.stream(words, {
    ...options,
    voice,
    signal: AbortSignal.any([signal, stop.signal]),
    onFault: (fault) => stop.abort(fault),
    onEngine: (name) => (engine = name),
  });
  for await (const chunk of sound) {
    stop.signal.throwIfAborted();
    chunks.push(chunk);
    spokenMs += (1_000 * chunk.samples.length) / chunk.sampleRateHz;
    if (spokenMs > MAX_MS) break;
  }
  stop.signal.throwIfAborted();
  if (engine === OFFLINE) await checkItsOwn(tts, voice, signal);
  const rateHz = chunks[0]?.sampleRateHz;
  if (rateHz === undefined) throw new HeraldError('refused', `${voice} made no sound of it`);
  return wavOf(
    chunks.filter(({ sampleRateHz }) => sampleRateHz === rateHz),
    rateHz,
  );
}

/** The offline voice speaks without a word where another engine rests after a failure, or is still being looked for. */
async function checkItsOwn(tts: Tts, voice: string, signal: AbortSignal): Promise<void> {
  const away = tts.status?.().find(({ engine, state }) => engine !== OFFLINE && state !== 'ready');
  if (!away) return;
  const base = (id: string) => id.toLowerCase().split('+')[0];
  const own = tts.name === OFFLINE && (await listed(tts, signal)).some(({ id }) => base(id) === base(voice));
  if (!own) throw new HeraldError('refused', away.problem ?? `${away.engine} is not ready yet: try again in a moment`);
}

async function listed(tts: Tts, signal: AbortSignal): Promise<VoiceInfo[]> {
  const voices = (await tts.voices?.(signal).catch(() => undefined)) ?? [];
  signal.throwIfAborted();
  return voices;
}

function refusal(error: unknown): HeraldError {
  if (error instanceof ProviderError) return new HeraldError('refused', `${error.reason}. ${error.remedy}`);
  if (error instanceof HeraldError) return error;
  return new HeraldError('refused', error instanceof Error ? error.message : String(error));
}
