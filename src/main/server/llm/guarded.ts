import { say } from '../../../shared/told';
import { ProviderError } from '../provider-error';
import { NoAnswerError } from './faults';
import type { ChatMessage, Llm, LlmOptions } from './llm';

export interface GuardSettings {
  /** Longest wait for the first text, both tries together. */
  firstTokenMs: number;
  /** Longest wait between two pieces; only time in which the consumer waits counts. */
  nextTokenMs: number;
  /** How long a service that gave no answer is not asked again. Default 30,000. */
  restMs?: number;
}

/** Time as the guard sees it; tests have their own. */
export interface GuardClock {
  /** Monotonic. */
  nowMs(): number;
  /** @returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** A model that reasons is alive, but nobody listens to silence for longer than this. */
export const MAX_THINKING_MS = 60_000;
/** A pause that a service asks for and that is not worth telling anybody about. */
const MAX_PAUSE_MS = 2_000;
const REST_MS = 30_000;
const TRIES = 2;

const realClock: GuardClock = {
  nowMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Puts deadlines, one retry and a rest after failure around a model. A service that cannot be reached, or never begins to
 * answer, is not asked for 30 s: otherwise every question would wait for the same deadline. One that refuses (4xx) or fails
 * fast (5xx) costs nobody time, and one that stops in mid-answer did answer, so those are asked again.
 */
export class GuardedLlm implements Llm {
  #rest: { fault: ProviderError; untilMs: number } | undefined;

  constructor(
    readonly inner: Llm,
    readonly settings: GuardSettings,
    readonly clock: GuardClock = realClock,
  ) {}

  get name(): string {
    return this.inner.name;
  }

  async *stream(messages: readonly ChatMessage[], options: LlmOptions): AsyncGenerator<string> {
    options.signal.throwIfAborted();
    this.#assertNotResting();
    const startMs = this.clock.nowMs();
    for (let attempt = 1; ; attempt++) {
      let spoke = false;
      try {
        for await (const piece of this.#watched(messages, options, startMs)) {
          spoke = true;
          yield piece;
        }
        this.#rest = undefined;
        return;
      } catch (error) {
        options.signal.throwIfAborted();
        const pauseMs = spoke || attempt === TRIES ? undefined : this.#pauseBeforeRetry(error, startMs);
        if (pauseMs === undefined) throw this.#noted(error);
        if (pauseMs > 0) await this.#pause(pauseMs, options.signal);
      }
    }
  }

  /** Asked by people, so it does not wait for the end of a rest, and ends it when it succeeds. */
  async models(signal: AbortSignal): Promise<string[]> {
    const deadline = new AbortController();
    const { firstTokenMs } = this.settings;
    const cancel = this.clock.after(firstTokenMs, () => deadline.abort(this.#late(firstTokenMs, 'begin')));
    try {
      const either = AbortSignal.any([signal, deadline.signal]);
      const models = await raced(this.inner.models(either), either);
      this.#rest = undefined;
      return models;
    } finally {
      cancel();
    }
  }

  /** One try, ended by its own deadlines. */
  async *#watched(messages: readonly ChatMessage[], options: LlmOptions, startMs: number): AsyncGenerator<string> {
    const { clock } = this;
    const { firstTokenMs, nextTokenMs } = this.settings;
    const stop = new AbortController();
    let spoke = false;
    let waitingSinceMs = startMs;
    let aliveAtMs: number | undefined;
    let cancel: (() => void) | undefined;

    const arm = () => {
      cancel?.();
      const aliveUntilMs = aliveAtMs === undefined ? 0 : aliveAtMs + nextTokenMs;
      const patienceMs = waitingSinceMs + (spoke ? nextTokenMs : firstTokenMs);
      // Deadlines that people set longer than the cap stay theirs.
      const capMs = Math.max(waitingSinceMs + MAX_THINKING_MS, patienceMs);
      const dueMs = Math.min(Math.max(patienceMs, aliveUntilMs), capMs);
      const fault = () => {
        if (aliveAtMs !== undefined && dueMs === capMs) return this.#thinksTooLong(capMs - waitingSinceMs);
        if (aliveAtMs !== undefined) return this.#late(dueMs - aliveAtMs, spoke ? 'go on' : 'stop thinking');
        return spoke ? this.#late(nextTokenMs, 'go on') : this.#late(firstTokenMs, 'begin');
      };
      cancel = clock.after(Math.max(0, dueMs - clock.nowMs()), () => stop.abort(fault()));
    };
    const onActivity = () => {
      aliveAtMs = clock.nowMs();
      if (cancel) arm();
      options.onActivity?.();
    };

    const signal = AbortSignal.any([options.signal, stop.signal]);
    const pieces = this.inner.stream(messages, { ...options, signal, onActivity })[Symbol.asyncIterator]();
    try {
      for (;;) {
        arm();
        const next = await raced(pieces.next(), signal);
        cancel?.();
        cancel = undefined;
        if (next.done) return;
        spoke = true;
        yield next.value;
        waitingSinceMs = clock.nowMs();
        aliveAtMs = undefined;
      }
    } finally {
      cancel?.();
      // Closes the request's socket; a model that does not heed its signal is not waited for.
      stop.abort();
      void Promise.resolve(pieces.return?.()).catch(() => {});
    }
  }

  #late(ms: number, what: 'begin' | 'stop thinking' | 'go on'): ProviderError {
    const seconds = inSeconds(ms);
    const fault = { part: 'llm', provider: this.name } as const;
    switch (what) {
      case 'begin':
        return new NoAnswerError({
          ...fault,
          reason: say('llm.late', { seconds }),
          remedy: say('llm.do.moreTime'),
        });
      case 'stop thinking':
        return new ProviderError({
          ...fault,
          reason: `it fell silent while thinking, for ${seconds} s`,
          remedy: say('llm.do.morePatience'),
        });
      case 'go on':
        return new ProviderError({
          ...fault,
          reason: say('llm.silent', { seconds }),
          remedy: say('llm.do.morePatience'),
        });
    }
  }

  #thinksTooLong(ms: number): ProviderError {
    return new ProviderError({
      part: 'llm',
      provider: this.name,
      reason: `it was still thinking after ${inSeconds(ms)} s`,
      remedy:
        'Choose a model that answers at once, or switch thinking off (Qwen: --llm_extra_body \'{"enable_thinking":false}\').',
    });
  }

  /** Undefined where asking again is of no use, not allowed, or would come after the deadline. */
  #pauseBeforeRetry(error: unknown, startMs: number): number | undefined {
    if (!(error instanceof ProviderError)) return undefined;
    const { retrySafe, retryAfterMs } = error;
    if (retryAfterMs === undefined) return retrySafe ? 0 : undefined;
    const leftMs = startMs + this.settings.firstTokenMs - this.clock.nowMs();
    return retryAfterMs <= MAX_PAUSE_MS && retryAfterMs < leftMs ? retryAfterMs : undefined;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    let cancel: (() => void) | undefined;
    try {
      await raced(new Promise<void>((resolve) => (cancel = this.clock.after(ms, resolve))), signal);
    } finally {
      cancel?.();
    }
  }

  #noted(error: unknown): unknown {
    if (error instanceof NoAnswerError)
      this.#rest = { fault: error, untilMs: this.clock.nowMs() + (this.settings.restMs ?? REST_MS) };
    return error;
  }

  #assertNotResting(): void {
    if (!this.#rest) return;
    const { fault, untilMs } = this.#rest;
    const retryAfterMs = untilMs - this.clock.nowMs();
    if (retryAfterMs <= 0) {
      this.#rest = undefined;
      return;
    }
    const { part, provider, reason, remedy } = fault;
    const again = `It is asked again in ${Math.ceil(retryAfterMs / 1_000)} s.`;
    throw new NoAnswerError({ part, provider, reason, remedy: `${remedy} ${again}`, retryAfterMs });
  }
}

const inSeconds = (ms: number): number => Math.round(ms / 100) / 10;

/** The promise, or the signal's reason, whichever comes first. The loser's rejection is nobody's. */
async function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => {});
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
