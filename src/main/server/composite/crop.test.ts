import { describe, expect, it } from 'vitest';
import { cropI420 } from './crop';

const picture = { widthPx: 16, heightPx: 8, data: Uint8Array.from({ length: 16 * 8 * 1.5 }, (_, i) => i) };
const box = { xPx: 4, yPx: 2, widthPx: 4, heightPx: 2 };

describe('crops', () => {
  it('are the rows of the box, plane by plane', () => {
    const luma = [2 * 16 + 4, 3 * 16 + 4].flatMap((at) => [at, at + 1, at + 2, at + 3]);
    const chroma = [128, 160].flatMap((plane) => [plane + 8 + 2, plane + 8 + 3]);
    expect([...cropI420(picture, box).data]).toEqual([...luma, ...chroma]);
  });

  it('use the bytes of a former one again', () => {
    const former = cropI420(picture, { ...box, xPx: 8 }).data;
    const next = cropI420(picture, box, former).data;
    expect(next.buffer).toBe(former.buffer);
    expect(next).toEqual(cropI420(picture, box).data);
    const wider = cropI420(picture, { ...box, widthPx: 6 }, former).data;
    expect(wider.buffer).toBe(former.buffer);
    expect(wider).toEqual(cropI420(picture, { ...box, widthPx: 6 }).data);
    const tight = new Uint8Array(17);
    expect(cropI420(picture, { ...box, widthPx: 6 }, tight).data.buffer).not.toBe(tight.buffer);
  });
});
