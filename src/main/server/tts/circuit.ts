import { type ProviderError, toldOfFault } from '../provider-error';
import type { Timers } from './timers';
import type { EngineStatus } from './tts';

/** How long an engine that failed is left alone: otherwise every sentence would wait for the deadline again. */
const OPEN_MS = 30_000;
/** A service may ask for longer in Retry-After, but not for the rest of the day. */
const MAX_OPEN_MS = 600_000;

/**
 * Remembers whether an engine works. After a failure it is not asked for a while; then one sentence tries it, while all others
 * still go past it. (M. Nygard, "Release It!": circuit breaker.)
 */
export class Circuit {
  readonly #timers: Timers;
  #state: EngineStatus['state'] = 'unknown';
  #fault: ProviderError | undefined;
  #retryAtMs = 0;
  #trial = false;

  readonly #openMs: number;

  constructor(timers: Timers, openMs = OPEN_MS) {
    this.#timers = timers;
    this.#openMs = openMs;
  }

  /** Whether a sentence that asks now would be let through. */
  get closed(): boolean {
    return this.#state !== 'failing' || (!this.#trial && this.#timers.nowMs() >= this.#retryAtMs);
  }

  /** Lets a sentence through, or not. One that was let through ends in `succeed`, `fail` or `leave`. */
  enter(): boolean {
    if (!this.closed) return false;
    this.#trial = this.#state === 'failing';
    return true;
  }

  /** The engine spoke. @returns true when it had been failing. */
  succeed(): boolean {
    const recovered = this.#state === 'failing';
    this.#state = 'ready';
    this.#fault = undefined;
    this.#trial = false;
    return recovered;
  }

  fail(fault: ProviderError): void {
    this.#state = 'failing';
    this.#fault = fault;
    this.#trial = false;
    this.#retryAtMs = this.#timers.nowMs() + Math.min(MAX_OPEN_MS, Math.max(this.#openMs, fault.retryAfterMs ?? 0));
  }

  /** Nothing was learnt: the sentence was given up, or it was itself at fault. */
  leave(): void {
    this.#trial = false;
  }

  status(engine: string): EngineStatus {
    if (!this.#fault) return { engine, state: this.#state };
    return {
      engine,
      state: this.#state,
      problem: `${this.#fault.reason}. ${this.#fault.remedy}`,
      ...toldOfFault(this.#fault),
      retryInMs: Math.max(0, Math.round(this.#retryAtMs - this.#timers.nowMs())),
    };
  }
}
