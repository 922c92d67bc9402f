import { describe, expect, it } from 'vitest';
import { PictureSlab } from './slab';

describe('PictureSlab', () => {
  it('gives each place once, the one used last first, and others nothing', () => {
    const slab = new PictureSlab(300);
    slab.use(true);
    const taken = Array.from({ length: 11 }, () => slab.take(100)!); // three to keep, and eight to spare
    expect(new Set(taken.map(({ byteOffset }) => byteOffset)).size).toBe(11);
    expect(slab.take(100)).toBeUndefined();
    slab.giveBack(new Uint8Array(100)); // none of ours
    expect(slab.take(100)).toBeUndefined();
    slab.giveBack(taken[4]!);
    expect(slab.take(100)).toBe(taken[4]);
  });

  it('keeps its memory while somebody watches or a picture is in it, and makes it anew', () => {
    const slab = new PictureSlab(300);
    slab.use(true);
    const [a, b] = [slab.take(100)!, slab.take(100)!];
    slab.giveBack(a);
    slab.giveBack(b);
    expect(slab.size).toBe(1_100);
    const kept = slab.take(100)!;
    slab.use(false);
    expect(slab.size).toBe(1_100);
    slab.giveBack(kept);
    expect(slab.size).toBe(0);
    slab.use(true);
    expect(slab.take(100)).toHaveLength(100);
    slab.close();
    expect([slab.size, slab.take(100)]).toEqual([0, undefined]);
  });
});
