import type { PcmChunk } from '../audio/frame';
import { ProviderError } from '../provider-error';
import { AudibleEdges } from './audible';
import { Deadline } from './deadline';
import { pauseAfterMs } from './silence';
import type { Timers } from './timers';
import type { Tts, TtsOptions } from './tts';

export interface ListenOptions {
  /** Longest wait for the first sound, and then for the next. */
  deadlineMs: number;
  timers: Timers;
}

/**
 * What one engine says for one sentence, trimmed to its sound (see `AudibleEdges`). The first chunk that comes out is audible.
 * An error that another try may mend is tried once more, while nothing was heard and within the same deadline.
 * @throws ProviderError for silence instead of speech, DeadlineError, the signal's reason, or whatever the engine throws.
 */
export async function* listen(
  engine: Tts,
  sentence: string,
  options: TtsOptions,
  { deadlineMs, timers }: ListenOptions,
): AsyncGenerator<PcmChunk> {
  const deadline = new Deadline(deadlineMs, timers);
  for (let attempt = 1; ; attempt++) {
    const edges = new AudibleEdges(pauseAfterMs(sentence));
    try {
      yield* listenOnce(engine, sentence, options, deadline, edges);
      if (!edges.heard) throw silence(engine.name, edges.receivedMs);
      yield* edges.end();
      return;
    } catch (error) {
      if (edges.heard && !options.signal.aborted) yield* edges.end();
      if (attempt > 1 || edges.heard || options.signal.aborted || !mayRetryNow(error)) throw error;
    }
  }
}

/** A service that says when to come back is not asked before. */
const mayRetryNow = (error: unknown) => error instanceof ProviderError && error.retrySafe && !error.retryAfterMs;

async function* listenOnce(
  engine: Tts,
  sentence: string,
  options: TtsOptions,
  deadline: Deadline,
  edges: AudibleEdges,
): AsyncGenerator<PcmChunk> {
  const { signal } = options;
  // The engine's own signal: it also ends when the engine is too slow, or its reader leaves.
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  let reading: AsyncIterator<PcmChunk> | undefined;
  let ended = false;
  try {
    reading = engine.stream(sentence, { ...options, signal: stop.signal })[Symbol.asyncIterator]();
    for (;;) {
      const step = await deadline.wait(reading.next(), signal);
      signal.throwIfAborted(); // an engine may answer an abort by ending
      if (step.done) {
        ended = true;
        return;
      }
      for (const chunk of edges.push(step.value)) {
        deadline.refill();
        yield chunk;
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!ended) {
      stop.abort(new Error('nobody listens to this sentence any more'));
      // Not awaited: an engine that hangs in `next` would hang here too.
      reading?.return?.().catch(() => {});
    }
  }
}

function silence(provider: string, receivedMs: number): ProviderError {
  const what =
    receivedMs === 0 ? 'it sent no sound' : `all it sent was ${(receivedMs / 1_000).toFixed(1)} s of silence`;
  return new ProviderError({
    part: 'voice',
    provider,
    reason: `${what} for this sentence`,
    remedy: 'Look into the log of the voice server; check its model and the reference recording (--REF_FILE).',
  });
}
