import { samplesToMs } from '../../../shared/units';
import type { PcmChunk } from '../audio/frame';

/** What a turn is made of: text to be spoken, or audio to be lip-synced. */
export type TurnSource =
  | { kind: 'text'; text: string; voice?: string }
  | { kind: 'audio'; label: string; chunks: AsyncIterable<PcmChunk>; close: () => Promise<void> };

export type TurnOutcome = { kind: 'finished'; playedMs: number } | { kind: 'interrupted'; playedMs: number };

/**
 * One reply: it is queued, prepared, played, and ends exactly once, finished or interrupted.
 * `signal` aborts everything that works for it: the voice, the decoder, inference.
 */
export class Turn {
  private readonly abort = new AbortController();
  private outcome: TurnOutcome | undefined;
  /** Samples of this turn that have been handed to the encoders. */
  playedSamples = 0;
  readonly requestedAtMs = performance.now();

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

  finish(): void {
    this.end('finished');
  }

  interrupt(): void {
    this.end('interrupted');
    this.abort.abort(new DOMException('The turn was interrupted', 'AbortError'));
  }

  private end(kind: TurnOutcome['kind']): void {
    if (this.outcome) return;
    const outcome = { kind, playedMs: Math.round(samplesToMs(this.playedSamples)) };
    this.outcome = outcome;
    this.onEnd(this, outcome);
  }
}
