import { describe, expect, it } from 'vitest';
import { PictureMemory } from './memory';
import { ClipPictures, type PictureSource } from './pictures';

const COUNT = 100;
const AHEAD = 4;

/** All-intra pictures whose decodes end when the test says so. */
function source() {
  const started: number[] = [];
  let finish: (() => void) | undefined;
  const clip: PictureSource = {
    widthPx: 8,
    heightPx: 8,
    pictureCount: COUNT,
    gops: Array.from({ length: COUNT }, (_, first) => ({ first, count: 1 })),
    aheadGops: AHEAD,
    gopOf: (index) => index,
    decode: (gop, memory, onPicture) =>
      new Promise((done) => {
        started.push(gop);
        finish = () => {
          onPicture(gop, memory(96));
          done();
        };
      }),
    rest: async () => {},
    close: async () => {},
  };
  const decodeOne = async () => {
    const end = finish;
    finish = undefined;
    end?.();
    for (let i = 0; i < 5; i++) await Promise.resolve();
    return end !== undefined;
  };
  return { clip, started, decodeOne };
}

function opened() {
  const { clip, started, decodeOne } = source();
  const pictures = new ClipPictures(clip, 'pingpong', new PictureMemory(96 * 20));
  pictures.watchedBy(1);
  return { pictures, started, decodeOne };
}

describe('ClipPictures of single pictures', () => {
  it('decodes one at a time and no further ahead than it should', async () => {
    const { pictures, started, decodeOne } = opened();
    pictures.now(0);
    expect(started).toHaveLength(1);
    while (await decodeOne());
    expect([...started].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(pictures.now(0)).toBeDefined();
    while (await decodeOne());
    expect(started).toHaveLength(5);
  });

  it('still shows every other picture when decoding takes two steps', async () => {
    const { pictures, decodeOne } = opened();
    pictures.now(0);
    while (await decodeOne());
    let shown = 0;
    for (let index = 1; index < 81; index++) {
      if (pictures.now(index)) shown++;
      if (index % 2 === 0) await decodeOne();
    }
    expect(shown).toBeGreaterThanOrEqual(38);
  });

  it('decodes first what somebody waits for', async () => {
    const { pictures, started, decodeOne } = opened();
    pictures.now(10);
    const wanted = pictures.picture(50);
    pictures.now(11);
    await decodeOne();
    expect(started[1]).toBe(50);
    await decodeOne();
    expect((await wanted).data).toHaveLength(96);
  });

  it('forgets hints that the walk has passed, and all of them when the last session leaves', async () => {
    const { pictures, started, decodeOne } = opened();
    pictures.now(0);
    for (let index = 20; index < 30; index++) pictures.now(index);
    while (await decodeOne());
    expect(started.slice(1).every((index) => index >= 24)).toBe(true);
    started.length = 0;
    pictures.now(60);
    pictures.watchedBy(0);
    while (await decodeOne());
    expect(started).toHaveLength(1); // the one that had begun
  });

  it('rejects whoever waits when it is closed', async () => {
    const { pictures } = opened();
    pictures.now(0);
    const waiting = pictures.picture(40);
    await pictures.close();
    await expect(waiting).rejects.toThrow('closed');
    await expect(pictures.picture(41)).rejects.toThrow('closed');
  });
});
