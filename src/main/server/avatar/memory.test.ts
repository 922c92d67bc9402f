import { describe, expect, it } from 'vitest';
import type { I420Picture } from './avatar';
import { PictureMemory } from './memory';

const picture = (): I420Picture => ({ widthPx: 8, heightPx: 8, data: new Uint8Array(100) });
const kept = (drawer: { get(index: number): unknown }, count: number) =>
  Array.from({ length: count }, (_, i) => i).filter((index) => drawer.get(index));

describe('PictureMemory', () => {
  it('forgets what was not used for longest, of whichever avatar', () => {
    const memory = new PictureMemory(500);
    const a = memory.drawer(100, 500);
    const b = memory.drawer(100, 500);
    for (let i = 0; i < 5; i++) a.put(i, picture());
    a.get(0);
    b.put(0, picture());
    b.put(1, picture());
    expect(memory.bytes).toBe(500);
    expect(kept(a, 5)).toEqual([0, 3, 4]);
    expect(kept(b, 2)).toEqual([0, 1]);
    a.close();
    expect(memory.bytes).toBe(200);
  });

  it('gives a loop that does not fit a third of the budget, and leaves the others theirs', () => {
    const memory = new PictureMemory(1_500);
    const fits = memory.drawer(100, 300);
    const large = memory.drawer(200, 5_000);
    expect([fits.holdsLoop, large.holdsLoop]).toEqual([true, false]);
    for (let i = 0; i < 3; i++) fits.put(i, picture());
    for (let i = 0; i < 50; i++) large.put(i, picture());
    expect(kept(fits, 3)).toEqual([0, 1, 2]);
    expect(kept(large, 50)).toEqual([45, 46, 47, 48, 49]);
    // What others threw out is not counted as held any more.
    const other = memory.drawer(100, 1_500);
    for (let i = 0; i < 15; i++) other.put(i, picture());
    for (let i = 0; i < 5; i++) large.put(i, picture());
    expect(kept(large, 50)).toEqual([0, 1, 2, 3, 4]);
    expect(memory.bytes).toBe(1_500);
  });

  it('gives way to what the sessions need at once, and takes it back', () => {
    const memory = new PictureMemory(600);
    const large = memory.drawer(300, 5_000);
    large.use(2);
    for (let i = 0; i < 20; i++) large.put(i, picture());
    expect(kept(large, 20)).toHaveLength(6);
    large.use(0);
    large.put(20, picture());
    expect(memory.bytes).toBe(200);
  });
});
