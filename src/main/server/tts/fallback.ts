import { say } from '../../../shared/told';
import type { PcmChunk } from '../audio/frame';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import { ProviderError } from '../provider-error';
import { hasSpeech } from '../text/speakable';
import { Circuit } from './circuit';
import { DeadlineError } from './deadline';
import { listen } from './listen';
import { realTimers, type Timers } from './timers';
import type { EngineStatus, Tts, TtsOptions, VoiceInfo } from './tts';

const FIRST_AUDIO_MS = 4_000;
/** After the last engine comes silence, so it gets more time than those that somebody can stand in for. */
const LAST_FIRST_AUDIO_MS = 15_000;

export interface FallbackOptions {
  /** Longest wait for the first audible sample of a sentence, and later for the next chunk. Default 4,000. */
  firstAudioMs?: number;
  /** How long an engine that failed is not asked again. Default 30,000. */
  pauseMs?: number;
  log?: Log;
  timers?: Timers;
}

interface Guarded {
  engine: Tts;
  circuit: Circuit;
  deadlineMs: number;
}

/**
 * Several voice engines as one, best first, the last one normally the offline voice. Each sentence is spoken by the first engine
 * that can: one that fails, hangs or sends silence is reported (`onFault`), left alone for half a minute, and the next
 * engine speaks the same sentence. A failure in the middle of a sentence keeps what was heard; a sentence never starts twice.
 * Voice names and recordings belong to the first engine and are not passed on; speed and pitch are.
 */
export class FallbackTts implements Tts {
  readonly #chain: Guarded[];
  readonly #timers: Timers;
  readonly #log: Log | undefined;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(
    engines: readonly [Tts, ...Tts[]],
    { firstAudioMs = FIRST_AUDIO_MS, pauseMs, log, timers = realTimers }: FallbackOptions = {},
  ) {
    this.#timers = timers;
    this.#log = log;
    this.#chain = engines.map((engine, i) => ({
      engine,
      circuit: new Circuit(timers, pauseMs),
      deadlineMs: i < engines.length - 1 ? firstAudioMs : Math.max(firstAudioMs, LAST_FIRST_AUDIO_MS),
    }));
  }

  /** The engine that speaks when nothing fails. */
  get name(): string {
    return this.#chain[0]!.engine.name;
  }

  /**
   * Text without anything to say (an emoji, dots) gives no sound and is no failure.
   * @throws ProviderError of the last engine when all failed; the faults before it went to `onFault`, this one did not. The
   *   signal's reason when aborted.
   */
  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    options.signal.throwIfAborted();
    if (this.#closing.signal.aborted) throw closedError();
    if (!hasSpeech(sentence)) return;
    const stop = new AbortController();
    const onAbort = () => stop.abort(options.signal.reason);
    const onClose = () => stop.abort(closedError());
    options.signal.addEventListener('abort', onAbort, { once: true });
    this.#closing.signal.addEventListener('abort', onClose, { once: true });
    try {
      yield* this.#speak(sentence, { ...options, signal: stop.signal });
    } finally {
      options.signal.removeEventListener('abort', onAbort);
      this.#closing.signal.removeEventListener('abort', onClose);
    }
  }

  async *#speak(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const { signal, onFault, onEngine } = options;
    for (const [i, { engine, circuit, deadlineMs }] of this.#chain.entries()) {
      // There is nobody after the last one, so it is asked whatever happened before.
      if (!circuit.enter() && i < this.#chain.length - 1) continue;
      let heard = false;
      let fault: ProviderError;
      try {
        const limits = { deadlineMs, timers: this.#timers };
        for await (const chunk of listen(
          engine,
          sentence,
          i === 0 ? ownOptions(options) : foreignOptions(options),
          limits,
        )) {
          if (!heard) {
            heard = true;
            if (circuit.succeed()) this.#log?.info({ engine: engine.name }, `the voice ${engine.name} works again`);
            onEngine?.(engine.name);
          }
          yield chunk;
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        fault = faultOf(error, engine.name, heard);
      } finally {
        circuit.leave();
      }
      if (heard || !fault.ofRequest) circuit.fail(fault);
      const next = this.#after(i);
      this.#report(fault, next);
      if (heard) {
        onFault?.(fault, next);
        return;
      }
      if (next === undefined) throw fault;
      onFault?.(fault, next);
    }
  }

  /** Which engine is asked when the one at `i` fails. */
  #after(i: number): string | undefined {
    const rest = this.#chain.slice(i + 1);
    return (rest.find(({ circuit }) => circuit.closed) ?? rest.at(-1))?.engine.name;
  }

  #report({ provider, reason, remedy, cause }: ProviderError, next: string | undefined): void {
    const instead = next ? `${next} speaks instead.` : 'There is no other voice to speak instead.';
    this.#log?.warn({ engine: provider, next }, `the voice ${provider} failed: ${reason}. ${remedy} ${instead}`);
    if (cause instanceof Error) this.#log?.debug({ err: cause }, `cause of the failure of ${provider}`);
  }

  /** Those of the first engine: names go to no other, so the voices of the others are no choice. @throws ProviderError */
  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    return (await this.#chain[0]!.engine.voices?.(signal)) ?? [];
  }

  status(): EngineStatus[] {
    return this.#chain.map(({ engine, circuit }) => circuit.status(engine.name));
  }

  /** Ends sentences under way, then the engines. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#closing.abort();
      await Promise.allSettled(this.#chain.map(({ engine }) => engine.close()));
    })();
    return this.#closed;
  }
}

const closedError = () => new HeraldError('refused', 'The voice is closed.');

const ownOptions = ({ onFault: _fault, onEngine: _engine, ...options }: TtsOptions): TtsOptions => options;

/** What means the same to every engine. */
const foreignOptions = ({ signal, speed, pitchSemitones }: TtsOptions): TtsOptions => ({
  signal,
  ...(speed !== undefined && { speed }),
  ...(pitchSemitones !== undefined && { pitchSemitones }),
});

/** What an engine threw, as a fault that people can act on. */
function faultOf(error: unknown, provider: string, heard: boolean): ProviderError {
  const fault = asProviderError(error, provider, heard);
  if (!heard) return fault;
  const { part, reason, remedy, retryAfterMs } = fault;
  return new ProviderError({
    part,
    provider: fault.provider,
    reason: say('voice.cutShort', { why: reason }),
    remedy,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    cause: error,
  });
}

function asProviderError(error: unknown, provider: string, heard: boolean): ProviderError {
  if (error instanceof ProviderError) return error;
  const common = { part: 'voice', provider, cause: error } as const;
  if (error instanceof DeadlineError) {
    const seconds = error.limitMs / 1_000;
    return new ProviderError({
      ...common,
      reason: say(heard ? 'voice.stalled' : 'voice.late', { seconds }),
      remedy: say('voice.do.moreTime'),
    });
  }
  const message = (error instanceof Error ? error.message : String(error)).replace(/[.\s]+$/, '');
  // A HeraldError is written for people and says what to do by itself.
  const remedy = error instanceof HeraldError ? 'The next sentence tries again.' : 'Please report this with the log.';
  return new ProviderError({ ...common, reason: message, remedy });
}
