import type { PcmChunk } from '../audio/frame';
import { Mp3Stream } from '../audio/mp3-stream';
import { nearest } from '../config/nearest';
import { HeraldError } from '../errors';
import { ProviderError } from '../provider-error';
import { hasSpeech } from '../text/speakable';
import { EdgeConnection } from './edge-connection';
import { lateFault, listFault, refusedFault, silentFault, unknownVoiceFault, unreachableFault } from './edge-faults';
import { prosody, ssmlPieces } from './edge-ssml';
import { parseVoices, voiceForText, XIAOXIAO } from './edge-voices';
import type { Tts, TtsOptions, VoiceInfo, VoiceSettings } from './tts';

export interface EdgeTtsOptions extends Pick<VoiceSettings, 'voice' | 'speed' | 'pitchSemitones'> {
  /** A stand-in on plain HTTP instead of the service: `http://127.0.0.1:8443`. */
  endpoint?: string;
}

const LIST_KEPT_MS = 24 * 3_600_000;
const LIST_DEADLINE_MS = 10_000;
/** A fault is being told: looking up why must not keep the next voice waiting. */
const EXPLAIN_DEADLINE_MS = 2_000;
const PROBE_DEADLINE_MS = 3_000;

/**
 * Microsoft Edge's read-aloud voices: good, free, without a key, and the peers' default. The text of each sentence goes to
 * Microsoft. Every sentence has a connection of its own, so several may be under way at once, each with its own abort.
 * Deadlines and second tries are the caller's.
 */
export class EdgeTts implements Tts {
  readonly name = 'edgetts';
  readonly #defaults: EdgeTtsOptions;
  readonly #running = new Set<AbortController>();
  #list: { voices: VoiceInfo[]; untilMs: number } | undefined;
  #closed = false;

  constructor(defaults: EdgeTtsOptions = {}) {
    this.#defaults = defaults;
  }

  /**
   * mp3 at 24 kHz, decoded as it arrives. The voice is the sentence's own, else the engine's, else one that reads the script
   * of the text that the sentence stands in.
   * @throws HeraldError('refused') for text with nothing to say; ProviderError; the signal's reason when aborted.
   */
  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { signal } = options;
    signal.throwIfAborted();
    if (this.#closed) throw new Error('this voice engine has been closed');
    if (!hasSpeech(sentence)) {
      throw new HeraldError('refused', `There is nothing to say in "${sentence.slice(0, 40)}": no letters or digits.`);
    }
    const run = new AbortController();
    const abort = () => run.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#running.add(run);
    try {
      for (const piece of ssmlPieces(sentence)) yield* this.#speak(piece, sentence, options, run.signal);
    } finally {
      this.#running.delete(run);
      signal.removeEventListener('abort', abort);
    }
  }

  /** @throws ProviderError; the signal's reason when aborted. */
  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    return this.#voices(signal, LIST_DEADLINE_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const run of this.#running) run.abort(new Error('this voice engine has been closed'));
  }

  async *#speak(piece: string, sentence: string, options: TtsOptions, signal: AbortSignal): AsyncGenerator<PcmChunk> {
    const chosen = options.voice || this.#defaults.voice;
    const voice = chosen || voiceForText(`${options.context ?? ''}\n${sentence}`);
    const { speed = this.#defaults.speed, pitchSemitones = this.#defaults.pitchSemitones } = options;
    const connection = await EdgeConnection.open({ voice, endpoint: this.#defaults.endpoint }, signal);
    let heard = false;
    let bytesHeard = 0;
    let mp3: Mp3Stream | undefined;
    try {
      mp3 = new Mp3Stream();
      for await (const bytes of connection.speak(piece, prosody({ speed, pitchSemitones }), signal)) {
        bytesHeard += bytes.length;
        for (const chunk of mp3.push(bytes)) {
          heard = true;
          yield chunk;
        }
      }
      // The service has said that this is all, so half a frame at the end is its padding and no loss.
      if (!heard) throw silentFault(bytesHeard);
    } catch (error) {
      if (!heard && chosen && error instanceof ProviderError) throw await this.#explain(error, voice, signal);
      throw error;
    } finally {
      mp3?.close();
      connection.close();
    }
  }

  /** A voice that does not exist looks like a broken connection or like silence: the list tells which it was. */
  async #explain(fault: ProviderError, voice: string, signal: AbortSignal): Promise<ProviderError> {
    const voices = await this.#voices(signal, EXPLAIN_DEADLINE_MS).catch(() => undefined);
    signal.throwIfAborted();
    const names = voices?.map(({ id }) => id);
    return !names || names.includes(voice) ? fault : unknownVoiceFault(voice, nearest(voice, names));
  }

  async #voices(signal: AbortSignal, deadlineMs: number): Promise<VoiceInfo[]> {
    signal.throwIfAborted();
    if (this.#list && Date.now() < this.#list.untilMs) return this.#list.voices;
    // The library fetches the same address, but without an end and without a way to stop.
    const { MsEdgeTTS } = await import('msedge-tts');
    const address = new URL((MsEdgeTTS as unknown as { VOICES_URL: string }).VOICES_URL);
    const { endpoint } = this.#defaults;
    const deadline = AbortSignal.timeout(deadlineMs);
    let text: string;
    try {
      const response = await fetch(endpoint ? new URL(address.pathname + address.search, endpoint) : address, {
        signal: AbortSignal.any([signal, deadline]),
      });
      const { status, headers } = response;
      if (!response.ok) {
        await response.body?.cancel();
        throw refusedFault({
          status,
          date: headers.get('date') ?? undefined,
          retryAfter: headers.get('retry-after') ?? undefined,
        });
      }
      text = await response.text();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ProviderError) throw error;
      throw deadline.aborted ? lateFault(deadlineMs) : unreachableFault(error);
    }
    try {
      const voices = parseVoices(JSON.parse(text));
      this.#list = { voices, untilMs: Date.now() + LIST_KEPT_MS };
      return voices;
    } catch (error) {
      throw listFault(error);
    }
  }
}

/**
 * Whether the service can be used from here, by opening a connection and closing it: undefined when it can, else why not.
 * Never takes longer than the deadline. @throws the signal's reason when aborted.
 */
export async function edgeProblem(
  signal: AbortSignal,
  { endpoint, deadlineMs = PROBE_DEADLINE_MS }: { endpoint?: string; deadlineMs?: number } = {},
): Promise<ProviderError | undefined> {
  signal.throwIfAborted();
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const connection = await EdgeConnection.open({ voice: XIAOXIAO, endpoint }, AbortSignal.any([signal, deadline]));
    connection.close();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) return lateFault(deadlineMs);
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

/** As `edgeProblem`, for those who only want to know whether. */
export async function probeEdge(...args: Parameters<typeof edgeProblem>): Promise<boolean> {
  return (await edgeProblem(...args)) === undefined;
}
