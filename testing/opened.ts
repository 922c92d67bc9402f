import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect } from 'vitest';
import { counts } from '../src/main/server/metrics/native';

/** Put into it what a test opens: it is closed after each, the last one first, and nothing native is left alive then. */
export function closedAfterEach(): { close(): Promise<unknown> }[] {
  const opened: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
    expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
  });
  return opened;
}

/** Looks every 10 ms. */
export async function until(test: () => boolean, limitMs = 20_000): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited >= limitMs) throw new Error('waited in vain');
    await sleep(10);
  }
}
