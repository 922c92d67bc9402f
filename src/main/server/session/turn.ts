import { samplesToMs } from '../../../shared/units';
import type { PcmChunk } from '../audio/frame';
import { TurnClock } from '../metrics/latency';
import type { VoiceSettings } from '../tts/tts';

/** What a turn is made of: text to be spoken, a question to be answered, or audio to be lip-synced. */
export type TurnSource =
  | { kind: 'echo'; text: string; voice?: VoiceSettings }
  | { kind: 'chat'; text: string; voice?: VoiceSettings }
  | { kind: 'audio'; text: string; chunks: AsyncIterable<PcmChunk>; close: () => Promise<void> };

export type TurnOutcome = { kind: 'finished'; playedMs: number } | { kind: 'interrupted'; playedMs: number };

/**
 * One reply: it is queued, prepared, played, and ends exactly once, finished or interrupted.
 * `signal` aborts everything that works for it: the model, the voice, the decoder, inference.
 */
export class Turn {
  private readonly abort = new AbortController();
  private outcome: TurnOutcome | undefined;
  /** Samples of this turn that have been handed to the encoders. */
  playedSamples = 0;
  readonly clock = new TurnClock();
  /** The sentences that began to be heard, in order. */
  readonly heard: string[] = [];

  constructor(
    readonly id: number,
    readonly source: TurnSource,
    private readonly onEnd: (turn: Turn, outcome: TurnOutcome) => void,
  ) {}

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get ended(): boolean {
    return this.outcome !== undefined;
  }

  get interrupted(): boolean {
    return this.outcome?.kind === 'interrupted';
  }

  finish(): void {
    this.end('finished', 'The turn is over');
  }

  interrupt(): void {
    this.end('interrupted', 'The turn was interrupted');
  }

  private end(kind: TurnOutcome['kind'], why: string): void {
    if (this.outcome) return;
    const outcome = { kind, playedMs: Math.round(samplesToMs(this.playedSamples)) };
    this.outcome = outcome;
    this.onEnd(this, outcome);
    this.abort.abort(new DOMException(why, 'AbortError'));
  }
}
