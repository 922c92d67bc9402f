import { expect, it } from 'vitest';
import { Parts } from './parts';

const never = new AbortController().signal;

async function all<T>(parts: Parts<T>, signal = never): Promise<{ taken: T[]; error: unknown }> {
  const taken: T[] = [];
  try {
    for await (const part of parts.take(signal)) taken.push(part);
  } catch (error) {
    return { taken, error };
  }
  return { taken, error: undefined };
}

it('gives what comes, in order, before and while it is listened to', async () => {
  const parts = new Parts<number>();
  parts.add(1);
  const listening = all(parts);
  await Promise.resolve();
  parts.add(2);
  parts.add(3);
  parts.end();
  parts.add(4);
  expect(await listening).toEqual({ taken: [1, 2, 3], error: undefined });
});

it('gives what was made before it failed, and then the error', async () => {
  const parts = new Parts<number>();
  const error = new Error('it hung');
  parts.add(1);
  parts.end(error);
  parts.end(new Error('later'));
  expect(await all(parts)).toEqual({ taken: [1], error });
});

it('ends the wait when it is aborted', async () => {
  const abort = new AbortController();
  const listening = all(new Parts<number>(), abort.signal);
  await Promise.resolve();
  abort.abort(new Error('enough'));
  expect(await listening).toEqual({ taken: [], error: new Error('enough') });
});
