export interface AheadOptions<T> {
  /** What a part weighs, in the unit of `most`. */
  weigh(part: T): number;
  /** As soon as this much waits, the source is not asked for more. One part may exceed it. */
  most: number;
  /** Ends the reading at once, whatever the source is waiting for. */
  signal?: AbortSignal;
}

/**
 * Reads a source ahead of its consumer, up to a bound: the next sentence is synthesised while this one plays, and a model is
 * read as fast as it answers, however slowly that is spoken. Order is kept; an error of the source arrives after what came
 * before it. When the consumer stops early the source is told to return, without waiting for it: it may be in the middle of
 * something that only its own signal ends.
 */
export async function* runAhead<T>(
  source: AsyncIterable<T>,
  { weigh, most, signal }: AheadOptions<T>,
): AsyncGenerator<T> {
  const waiting: T[] = [];
  let weight = 0;
  let over = false;
  let failure: { error: unknown } | undefined;
  let stopped = false;
  let wakeReader = () => {};
  let wakeConsumer = () => {};

  const iterator = source[Symbol.asyncIterator]();
  const read = async () => {
    try {
      while (!stopped) {
        const next = await iterator.next();
        if (next.done) break;
        waiting.push(next.value);
        weight += weigh(next.value);
        wakeConsumer();
        if (weight >= most && !stopped) await new Promise<void>((resolve) => (wakeReader = resolve));
      }
    } catch (error) {
      failure = { error };
    }
    over = true;
    wakeConsumer();
  };
  void read();
  const onAbort = () => wakeConsumer();
  signal?.addEventListener('abort', onAbort, { once: true });

  try {
    while (!signal?.aborted) {
      const part = waiting.shift();
      if (part !== undefined) {
        weight -= weigh(part);
        if (weight < most) wakeReader();
        yield part;
      } else if (over) {
        if (failure) throw failure.error;
        return;
      } else {
        await new Promise<void>((resolve) => (wakeConsumer = resolve));
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stopped = true;
    wakeReader();
    if (!over) iterator.return?.().then(undefined, () => {});
  }
}
