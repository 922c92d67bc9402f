import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runAhead } from './ahead';

const bySize = { weigh: (n: number) => n, most: 10 };

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await tick();
}

describe('runAhead', () => {
  it('keeps the order and ends with the source', async () => {
    const source = (async function* () {
      for (let n = 1; n <= 50; n++) yield n;
    })();
    const got: number[] = [];
    for await (const n of runAhead(source, bySize)) got.push(n);
    expect(got).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('reads ahead up to its bound and goes on when there is room', async () => {
    let asked = 0;
    const source = (async function* () {
      for (;;) {
        asked++;
        yield 4;
      }
    })();
    const ahead = runAhead(source, bySize);
    await ahead.next();
    await settle();
    expect(asked).toBe(4); // one taken, three (12 >= 10) waiting
    await ahead.next();
    await settle();
    expect(asked).toBe(5);
    await ahead.return(undefined);
  });

  it('delivers what came before an error, then the error', async () => {
    const source = (async function* () {
      yield 1;
      yield 2;
      throw new Error('cut');
    })();
    const got: number[] = [];
    await expect(
      (async () => {
        for await (const n of runAhead(source, bySize)) got.push(n);
      })(),
    ).rejects.toThrow('cut');
    expect(got).toEqual([1, 2]);
  });

  it('tells the source to return when the consumer stops', async () => {
    let returned = false;
    const source = (async function* () {
      try {
        for (;;) yield 20;
      } finally {
        returned = true;
      }
    })();
    for await (const _ of runAhead(source, bySize)) break;
    await settle();
    expect(returned).toBe(true);
  });

  it('does not wait for a source that hangs', async () => {
    for await (const _ of runAhead(oneThenNothing(), bySize)) break;
  });

  it('ends with its signal, whatever the source waits for', async () => {
    const abort = new AbortController();
    const got: number[] = [];
    for await (const n of runAhead(oneThenNothing(), { ...bySize, signal: abort.signal })) {
      got.push(n);
      setImmediate(() => abort.abort());
    }
    expect(got).toEqual([1]);
  });
});

/** A source that gives one number and then hangs, deaf to `return`. */
function oneThenNothing(): AsyncIterable<number> {
  const never = () => new Promise<never>(() => {});
  let asked = false;
  const next = async (): Promise<IteratorResult<number>> => {
    if (asked) return never();
    asked = true;
    return { done: false, value: 1 };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: never }) };
}
