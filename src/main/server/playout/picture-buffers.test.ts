import { describe, expect, it } from 'vitest';
import { PictureBuffers } from './picture-buffers';

const takeAll = (buffers: PictureBuffers) => {
  const taken = [];
  for (let one = buffers.take(); one; one = buffers.take()) taken.push(one);
  return taken;
};

describe('picture buffers', () => {
  it('lends a second of pictures at once, keeps a handful, and lends none twice', () => {
    const buffers = new PictureBuffers(8);
    const burst = takeAll(buffers);
    expect(burst).toHaveLength(30);
    expect(new Set(burst.map(({ data }) => data)).size).toBe(30);
    for (const { release } of [...burst, burst[0]!]) release();
    const again = takeAll(buffers);
    expect(again).toHaveLength(30);
    expect(again.filter(({ data }) => burst.some((former) => former.data === data))).toHaveLength(6);
  });

  it('keeps as many as it was told', () => {
    const buffers = new PictureBuffers(8, 12);
    const first = takeAll(buffers);
    expect(first).toHaveLength(12);
    for (const { release } of first) release();
    expect(new Set(takeAll(buffers).map(({ data }) => data))).toEqual(new Set(first.map(({ data }) => data)));
  });
});
