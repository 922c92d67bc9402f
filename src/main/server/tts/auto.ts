import type { PcmChunk } from '../audio/frame';
import type { Log } from '../log';
import { ProviderError } from '../provider-error';
import { Deadline } from './deadline';
import { FallbackTts } from './fallback';
import { realTimers, type Timers } from './timers';
import type { EngineStatus, Tts, TtsOptions, VoiceInfo } from './tts';

const PROBE_DEADLINE_MS = 3_000;
const PROBE_EVERY_MS = 300_000;

/** A voice that is better than the offline one, where it can be had. */
export interface Candidate {
  engine: Tts;
  /** Resolves when the engine can be used, without sending it anything to say. @throws why it cannot. */
  probe(signal: AbortSignal): Promise<unknown>;
  /** Longest wait for the probe; meanwhile the offline voice speaks. Default 3,000. */
  probeLimitMs?: number;
  /** Whether a voice name is one of this engine's. */
  hasVoice(name: string): boolean;
  /** What people should know while this engine speaks, as a sentence: where their text goes. */
  notice: string;
}

export interface AutoOptions {
  /** Best first. A voice installed on this machine belongs before a service. */
  candidates: readonly Candidate[];
  /** Speaks until the candidates are known, and in their place. */
  offline: Tts;
  firstAudioMs?: number;
  pauseMs?: number;
  log?: Log;
  timers?: Timers;
}

interface Tried extends Candidate {
  voice: FallbackTts;
  reachable: boolean;
  /** Why it cannot be used; undefined as long as nothing is known. */
  problem: string | undefined;
}

/**
 * The best voice that can be had without any set-up. Candidates are probed in the background, at the start and every five
 * minutes; nothing waits for that. Only the engine that was chosen is ever given text, and behind it the offline voice:
 * what is spoken does not reach a service that nobody knows to be in use. A voice name chooses the engine that has it.
 */
export class AutoTts implements Tts {
  readonly #candidates: Tried[];
  readonly #offline: FallbackTts;
  readonly #log: Log | undefined;
  readonly #timers: Timers;
  readonly #closing = new AbortController();
  #chosen: Tried | undefined;
  #announced: string | undefined;
  #cancelNext = () => {};
  #nextProbeMs = 0;
  #closed: Promise<void> | undefined;

  constructor({ candidates, offline, log, timers = realTimers, firstAudioMs, pauseMs }: AutoOptions) {
    const options = {
      timers,
      ...(log && { log }),
      ...(firstAudioMs !== undefined && { firstAudioMs }),
      ...(pauseMs !== undefined && { pauseMs }),
    };
    this.#log = log;
    this.#timers = timers;
    this.#offline = new FallbackTts([offline], options);
    this.#candidates = candidates.map((candidate) => ({
      ...candidate,
      voice: new FallbackTts([candidate.engine, offline], options),
      problem: undefined,
      reachable: false,
    }));
    void this.#probeAll();
  }

  /** The engine that speaks now. */
  get name(): string {
    return (this.#chosen?.voice ?? this.#offline).name;
  }

  stream(sentence: string, options: TtsOptions): AsyncIterable<PcmChunk> {
    const { voice, ...others } = options;
    const owner = voice === undefined ? undefined : this.#candidates.find(({ hasVoice }) => hasVoice(voice));
    if (voice === undefined) return (this.#chosen?.voice ?? this.#offline).stream(sentence, others);
    // A name that no candidate knows is the offline voice's: asking for `en-us+m3` asks for espeak.
    if (!owner) return this.#offline.stream(sentence, options);
    if (owner.reachable) return owner.voice.stream(sentence, options);
    return (this.#chosen?.voice ?? this.#offline).stream(sentence, others);
  }

  voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    return (this.#chosen?.voice ?? this.#offline).voices(signal);
  }

  status(): EngineStatus[] {
    const candidates = this.#candidates.map(({ engine, voice, reachable, problem }): EngineStatus => {
      if (reachable) return voice.status()[0]!;
      if (problem === undefined) return { engine: engine.name, state: 'unknown' };
      const retryInMs = Math.max(0, Math.round(this.#nextProbeMs - this.#timers.nowMs()));
      return { engine: engine.name, state: 'failing', problem, retryInMs };
    });
    return [...candidates, ...(this.#chosen ? this.#chosen.voice.status().slice(1) : this.#offline.status())];
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#closing.abort(new Error('the voice is closed'));
      this.#cancelNext();
      await Promise.allSettled([...this.#candidates.map(({ voice }) => voice.close()), this.#offline.close()]);
    })();
    return this.#closed;
  }

  async #probeAll(): Promise<void> {
    await Promise.all(this.#candidates.map((candidate) => this.#probe(candidate)));
    if (this.#closing.signal.aborted) return;
    this.#chosen = this.#candidates.find(({ reachable }) => reachable);
    this.#announce();
    if (this.#candidates.length === 0) return;
    this.#nextProbeMs = this.#timers.nowMs() + PROBE_EVERY_MS;
    this.#cancelNext = this.#timers.after(PROBE_EVERY_MS, () => void this.#probeAll(), { background: true });
  }

  async #probe(candidate: Tried): Promise<void> {
    const stop = new AbortController();
    const onClose = () => stop.abort(this.#closing.signal.reason);
    this.#closing.signal.addEventListener('abort', onClose, { once: true });
    try {
      const deadline = new Deadline(candidate.probeLimitMs ?? PROBE_DEADLINE_MS, this.#timers);
      await deadline.wait(candidate.probe(stop.signal), this.#closing.signal);
      candidate.reachable = true;
      candidate.problem = undefined;
    } catch (error) {
      candidate.reachable = false;
      candidate.problem = problemOf(error);
    } finally {
      this.#closing.signal.removeEventListener('abort', onClose);
      stop.abort(new Error('the probe is over'));
    }
  }

  /** Once per change of the voice, not per probe. */
  #announce(): void {
    if (this.#announced === this.name) return;
    this.#announced = this.name;
    if (this.#chosen) {
      this.#log?.info(`the voice is ${this.name}: it can be reached. ${this.#chosen.notice}`);
      return;
    }
    const why = this.#candidates.map(({ engine, problem }) => `${engine.name}: ${problem}`).join(' ');
    this.#log?.info(`the voice is ${this.name}, offline. ${why}`.trim());
  }
}

/** One or two sentences. */
function problemOf(error: unknown): string {
  if (error instanceof ProviderError) return `${error.reason}. ${error.remedy}`;
  return `${(error instanceof Error ? error.message : String(error)).replace(/[.\s]+$/, '')}.`;
}
