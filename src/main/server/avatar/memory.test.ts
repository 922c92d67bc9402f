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

  it('decodes a loop that does not fit into the same few buffers, but never into one that somebody holds', () => {
    const memory = new PictureMemory(900);
    const large = memory.drawer(200, 5_000);
    large.use(1);
    const shown = (index: number) => large.put(index, { widthPx: 8, heightPx: 8, data: large.allocate(100) });
    const used = new Set<Uint8Array>();
    for (let i = 0; i < 50; i++) used.add(shown(i).data);
    expect(used.size).toBe(4); // three that are kept, and the one that comes in

    const onAir = shown(50);
    const [encoder, blend] = [onAir.hold!(), onAir.hold!()];
    for (let i = 51; i < 70; i++) expect(shown(i).data).not.toBe(onAir.data);
    encoder();
    encoder(); // said twice, done once
    for (let i = 70; i < 90; i++) expect(shown(i).data).not.toBe(onAir.data);
    blend();
    const after = Array.from({ length: 4 }, (_, i) => shown(90 + i).data);
    expect(after).toContain(onAir.data);
  });

  it('hands out the picture that is there when it was decoded twice', () => {
    const memory = new PictureMemory(900);
    const large = memory.drawer(200, 5_000);
    large.use(1);
    const first = large.put(0, picture());
    const again = large.allocate(100);
    expect(large.put(0, { ...picture(), data: again })).toBe(first);
    expect(large.allocate(100)).toBe(again);
  });

  it('keeps pictures of a loop that fits for good: whoever was handed one needs not hold it', () => {
    const memory = new PictureMemory(900);
    const fits = memory.drawer(200, 900);
    fits.use(1);
    const all = Array.from({ length: 12 }, (_, i) => fits.put(i, { ...picture(), data: fits.allocate(100) }));
    expect(all.every(({ hold }) => hold === undefined)).toBe(true);
    expect(new Set(all.map(({ data }) => data.buffer)).size).toBe(12);
  });
});
