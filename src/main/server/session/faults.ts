import type { SessionEvent } from '../../../shared/protocol';
import { alsoTold } from '../../../shared/told';
import type { Log } from '../log';
import { ProviderError, toldOfFault } from '../provider-error';
import type { Turn } from './turn';

export interface FaultContext {
  turn?: Turn;
  /** Who does it instead. */
  fallback?: string;
}

/** Tells viewers and the log what failed, who does it instead and what to do, the same thing once per turn. */
export class Faults {
  /** What was told of the turn that is on. */
  private readonly told = new Set<string>();

  constructor(
    private readonly log: Log,
    private readonly emit: (event: SessionEvent) => void,
  ) {}

  /** Another turn is on. */
  forget(): void {
    this.told.clear();
  }

  tell(part: string, error: unknown, { turn, fallback }: FaultContext = {}): void {
    const message = error instanceof Error ? error.message : String(error);
    if (turn) {
      if (this.told.has(message)) return;
      this.told.add(message);
    }
    // The chain of voices has logged its faults already, once for all sessions.
    const level = error instanceof ProviderError && error.part === 'voice' ? 'debug' : 'warn';
    this.log[level]({ ...(turn && { turn: turn.id }), ...(fallback && { fallback }) }, `${part}: ${message}`);
    this.emit({
      status: 'error',
      part,
      message,
      ...(turn && { turn: turn.id }),
      ...(error instanceof ProviderError && {
        engine: error.provider,
        reason: error.reason,
        remedy: error.remedy,
      }),
      ...(fallback && { fallback }),
      ...(error instanceof ProviderError ? toldOfFault(error) : alsoTold(message)),
    });
  }
}
