import { describe, expect, it } from 'vitest';
import { SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE } from '../../../shared/units';
import type { Avatar, I420Picture } from '../avatar/avatar';
import { type Clock, VirtualClock } from './clock';
import { PictureBuffers } from './picture-buffers';
import { Playout, type PlayoutSink } from './playout';
import { MAX_QUEUED_SLOTS, type Slot } from './speech-queue';

const SIZE_PX = 8;
const BYTES = (SIZE_PX * SIZE_PX * 3) / 2;
const PICTURES = 10;

/** Ten pictures, each filled with its own index. */
function testAvatar(): Avatar {
  const pictures = Array.from({ length: PICTURES }, (_, i) => ({
    widthPx: SIZE_PX,
    heightPx: SIZE_PX,
    data: new Uint8Array(BYTES).fill(i),
  }));
  return {
    id: 'test',
    name: { en: 'Test' },
    widthPx: SIZE_PX,
    heightPx: SIZE_PX,
    pictureCount: PICTURES,
    stillIndex: 7,
    indexAt: (position) => position % PICTURES,
    faceBox: () => ({ xPx: 0, yPx: 0, widthPx: SIZE_PX, heightPx: SIZE_PX }),
    picture: async (index) => pictures[index]!,
    pictureNow: (index) => pictures[index],
    release: () => {},
  };
}

interface Shown {
  index: number;
  ptsSamples: number;
  same: I420Picture | undefined;
  mouth: number;
}

/** Runs a playout on virtual time; `script` is called before picture n with everything it needs to steer. */
async function run(
  pictures: number,
  script: (n: number, playout: Playout) => void | Promise<void>,
  {
    clock = new VirtualClock(),
    onFrame = () => {},
  }: { clock?: Clock; onFrame?(frame: number, playout: Playout): void } = {},
) {
  const avatar = testAvatar();
  const shown: Shown[] = [];
  const frames: { first: number; last: number; ptsSamples: number }[] = [];
  const scripted: (void | Promise<void>)[] = [];
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const sink: PlayoutSink = {
    picture: (picture, ptsSamples, release) => {
      const index = picture.data[BYTES - 1]!;
      const own = avatar.pictureNow(index);
      shown.push({ index, ptsSamples, same: own?.data === picture.data ? own : undefined, mouth: picture.data[0]! });
      release?.();
    },
    audio: (samples, ptsSamples) => {
      frames.push({ first: samples[0]!, last: samples[SAMPLES_PER_FRAME - 1]!, ptsSamples });
      onFrame(frames.length, playout);
      const next = frames.length / 2;
      if (Number.isInteger(next)) {
        if (next >= pictures) finish();
        else scripted.push(script(next, playout));
      }
    },
  };
  const playout = new Playout(avatar, clock, sink, new PictureBuffers(BYTES));
  scripted.push(script(0, playout));
  playout.start();
  await done;
  await playout.close();
  await Promise.all(scripted);
  return { shown: shown.slice(0, pictures), frames: frames.slice(0, pictures * 2), figures: playout.figures };
}

const never = new AbortController().signal;
/** A slot whose sound is `value` and whose mouth paints the first luma rows with `mouth`. */
function slot(value: number, mouth = 200): Slot {
  return {
    samples: new Float32Array(SAMPLES_PER_PICTURE).fill(value),
    pictureIndex: -1,
    patch: {
      region: { xPx: 0, yPx: 0, widthPx: SIZE_PX, heightPx: 4 },
      data: new Uint8Array((SIZE_PX * 4 * 3) / 2).fill(mouth),
    },
  };
}

describe('Playout', () => {
  it('idles on the avatar’s own buffers, in order, with gapless timestamps and silence', async () => {
    const { shown, frames } = await run(25, () => {});
    expect(shown.map((s) => s.index)).toEqual(Array.from({ length: 25 }, (_, i) => i % PICTURES));
    expect(shown.every((s) => s.same !== undefined)).toBe(true);
    expect(shown.map((s) => s.ptsSamples)).toEqual(Array.from({ length: 25 }, (_, i) => i * SAMPLES_PER_PICTURE));
    expect(frames.map((f) => f.ptsSamples)).toEqual(Array.from({ length: 50 }, (_, i) => i * SAMPLES_PER_FRAME));
    expect(frames.every((f) => f.first === 0 && f.last === 0)).toBe(true);
  });

  it('plays a slot’s sound and mouth together, on the picture it was prepared for, without a jump of the head', async () => {
    const slots = [slot(0.1), slot(0.2), slot(0.3)];
    const { shown, frames, figures } = await run(12, async (n, playout) => {
      if (n !== 3) return;
      playout.setSpeechUnderWay(true);
      for (const s of slots) await playout.enqueue(s, never);
      playout.setSpeechUnderWay(false);
    });
    expect(shown.map((s) => s.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    const spoken = 3;
    expect(slots.map((s) => s.pictureIndex)).toEqual([spoken, spoken + 1, spoken + 2]);
    expect(shown.slice(spoken, spoken + 3).map((s) => s.mouth)).toEqual([200, 200, 200]);
    expect(frames.slice(spoken * 2, spoken * 2 + 6).map((f) => Math.round(f.first * 10))).toEqual([1, 1, 2, 2, 3, 3]);
    expect(frames[spoken * 2 - 1]!.last).toBe(0);
    expect(frames[spoken * 2 + 6]!.first).toBe(0);
    expect(figures).toMatchObject({ underruns: 0, mouthMisses: 0, skippedSamples: 0 });
  });

  it('lets the mouth return over three pictures, then shows the avatar’s own bytes again', async () => {
    const { shown } = await run(10, async (n, playout) => {
      if (n === 0) await playout.enqueue(slot(0.5, 200), never);
    });
    const mouths = shown.slice(0, 4);
    expect(mouths[0]!.mouth).toBe(200);
    expect(mouths[1]!.mouth).toBeLessThan(200);
    expect(mouths[2]!.mouth).toBeLessThan(mouths[1]!.mouth);
    expect(mouths[3]!.same).toBeDefined();
  });

  it('shows the avatar’s own bytes for a mouth at rest, and has nothing to fade after it', async () => {
    const released: number[] = [];
    const { shown } = await run(8, async (n, playout) => {
      if (n !== 0) return;
      const resting = slot(0, 0);
      await playout.enqueue(resting, never);
      resting.patch!.data.fill(resting.pictureIndex);
      resting.patch!.release = () => void released.push(resting.pictureIndex);
    });
    expect(shown.every(({ same }) => same !== undefined)).toBe(true);
    expect(released).toHaveLength(1);
  });

  it('gives a mouth back once: when it was shown and has faded, when another took its place, or when it was dropped', async () => {
    const released: number[] = [];
    const lent = (name: number): Slot => {
      const made = slot(0.5, 200);
      made.patch!.release = () => void released.push(name);
      return made;
    };
    const after: number[][] = [];
    await run(14, async (n, playout) => {
      after[n] = [...released];
      if (n === 0) for (const name of [1, 2]) await playout.enqueue(lent(name), never);
      if (n === 7) for (const name of [3, 4, 5]) await playout.enqueue(lent(name), never);
      if (n === 9) playout.clear();
    });
    // Shown with pictures 0 and 1; 2 is read for the fade until picture 3 is out.
    expect([after[1], after[2], after[4], after[5]]).toEqual([[], [1], [1], [1, 2]]);
    expect(after[9]).toEqual([1, 2, 3]);
    // 5 was never shown; 4 fades.
    expect([...released].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('holds head and sound together on underrun, counts it, and idles when it lasts', async () => {
    const { shown, figures } = await run(14, async (n, playout) => {
      if (n !== 0) return;
      playout.setSpeechUnderWay(true);
      for (let i = 0; i < 3; i++) await playout.enqueue(slot(0.5), never);
    });
    const indices = shown.map((s) => s.index);
    const last = 2;
    expect(indices.slice(last, last + 4)).toEqual(Array(4).fill(last));
    expect(indices.slice(last + 4, last + 7)).toEqual([1, 2, 3].map((n) => last + n));
    expect(figures.underruns).toBe(1);
  });

  it('starts on 120 ms of speech, on less only when no more will come or nothing else has come for half a second', async () => {
    const spokenFrom = async (more: (n: number, playout: Playout) => Promise<void> | void) => {
      const { frames } = await run(20, async (n, playout) => {
        if (n === 0) {
          playout.setSpeechUnderWay(true);
          await playout.enqueue(slot(0.5), never);
        }
        await more(n, playout);
      });
      return frames.findIndex((frame) => frame.first !== 0) / 2;
    };
    expect(await spokenFrom((n, playout) => (n === 5 ? playout.setSpeechUnderWay(false) : undefined))).toBe(5);
    const twoMore = async (n: number, playout: Playout) => {
      if (n === 4 || n === 6) await playout.enqueue(slot(0.5), never);
    };
    expect(await spokenFrom(twoMore)).toBe(6);
    expect(await spokenFrom(() => {})).toBe(12);
  });

  it('cuts the sound within the frame on clear, fading instead of clicking', async () => {
    const gone: boolean[] = [];
    const { frames } = await run(12, async (n, playout) => {
      if (n === 0) {
        for (let i = 0; i < 6; i++) await playout.enqueue({ ...slot(0.5), onGone: (sent) => gone.push(sent) }, never);
      }
      if (n === 2) playout.clear();
    });
    const cut = 2 * 2;
    expect(frames[cut - 1]!.last).toBe(0.5);
    expect(frames[cut]!.first).toBe(0.5);
    expect(frames[cut]!.last).toBe(0);
    expect(frames.slice(cut + 1).every((f) => f.first === 0)).toBe(true);
    expect(gone).toEqual([true, true, false, false, false, false]);
  });

  it('waits for the first mouth, but not for ever', async () => {
    const late: Slot = { ...slot(0.5), patch: undefined };
    const { shown, frames, figures } = await run(24, async (n, playout) => {
      if (n === 1) await playout.enqueue(late, never);
    });
    const firstSound = frames.findIndex((f) => f.first !== 0);
    expect(firstSound / 2).toBe(1 + 12);
    expect(figures.mouthMisses).toBe(1);
    expect(new Set(shown.slice(0, 13).map((s) => s.index))).toEqual(new Set([0]));
  });

  it('stands still in still mode, and speaks on the standing picture', async () => {
    const spoken = slot(0.5);
    const { shown } = await run(8, async (n, playout) => {
      if (n !== 0) return;
      playout.setStill(true);
      await playout.enqueue(spoken, never);
    });
    expect(new Set(shown.map((s) => s.index))).toEqual(new Set([7]));
    expect(spoken.pictureIndex).toBe(7);
  });

  it('bounds its queue and wakes who waits, or lets them go when they give up', async () => {
    const give = new AbortController();
    const results: boolean[] = [];
    await run(6, async (n, playout) => {
      if (n !== 0) return;
      for (let i = 0; i < MAX_QUEUED_SLOTS; i++) await playout.enqueue(slot(0.1), never);
      expect(playout.upcoming.length).toBe(MAX_QUEUED_SLOTS);
      const waiting = playout.enqueue(slot(0.1), give.signal);
      const another = playout.enqueue(slot(0.1), never);
      give.abort();
      results.push(await waiting, await another);
    });
    expect(results).toEqual([false, true]);
  });

  it('says so when it cannot go on, instead of taking the process with it', async () => {
    const avatar = { ...testAvatar(), picture: async () => Promise.reject(new Error('the clip is gone')) };
    const sink = { picture: () => {}, audio: () => {} };
    const playout = new Playout(
      { ...avatar, pictureNow: () => undefined },
      new VirtualClock(),
      sink,
      new PictureBuffers(BYTES),
    );
    const failed = new Promise((resolve) => (playout.onFailed = resolve));
    playout.start();
    expect(await failed).toEqual(new Error('the clip is gone'));
    await playout.close();
  });

  describe('an upbeat', () => {
    /** Virtual time that counts as the real one, and of which more may have passed. */
    class LiveClock extends VirtualClock {
      override readonly realTime = true as unknown as false;
      later = 0;
      override nowSamples(): number {
        return super.nowSamples() + this.later;
      }
    }
    const upbeat = (value: number, onSent = () => {}) => ({
      samples: new Float32Array(SAMPLES_PER_FRAME).fill(value),
      onSent,
    });
    const firsts = (frames: { first: number }[]) => frames.map(({ first }) => Math.round(first * 10));

    it('is wanted where speech could begin half way through a picture', async () => {
      const clock = new LiveClock();
      const wanted: boolean[] = [];
      await run(
        4,
        async (n, playout) => {
          if (n !== 2) return; // the second half of a picture has just begun
          for (const ms of [5, 15, 25, 35, 45]) wanted.push(playout.wantsUpbeat(ms));
          clock.later = SAMPLES_PER_FRAME / 2;
          for (const ms of [5, 15, 25, 35]) wanted.push(playout.wantsUpbeat(ms));
          clock.later = 0;
        },
        { clock },
      );
      expect(wanted).toEqual([false, false, true, true, false, false, true, true, false]);
      await run(3, (_, playout) => expect(playout.wantsUpbeat(5)).toBe(false)); // a clip is the same however fast it is made
    });

    it('sounds before the first slot, over the picture before it, and nothing moves', async () => {
      const sent: string[] = [];
      const { shown, frames, figures } = await run(
        12,
        async (n, playout) => {
          if (n !== 3) return;
          playout.setSpeechUnderWay(true);
          playout.lead(upbeat(0.9, () => sent.push('upbeat')));
          expect(playout.wantsUpbeat(5)).toBe(false);
          for (const value of [0.1, 0.2]) await playout.enqueue(slot(value), never);
          playout.setSpeechUnderWay(false);
        },
        { clock: new LiveClock() },
      );
      expect(sent).toEqual(['upbeat']);
      // Asked for before picture 3: it stands, its second half sounds already, and the mouths follow.
      expect(firsts(frames).slice(4, 14)).toEqual([0, 0, 0, 9, 1, 1, 2, 2, 0, 0]);
      expect(shown.map((s) => s.index).slice(0, 8)).toEqual([0, 1, 2, 2, 3, 4, 5, 6]);
      expect(shown.slice(3, 6).map((s) => s.mouth)).toEqual([2, 200, 200]);
      expect(figures).toMatchObject({ underruns: 0, mouthMisses: 0 });
    });

    it('waits for the first mouth, and is dropped with what follows it', async () => {
      const waiting = slot(0.1);
      const mouth = waiting.patch;
      waiting.patch = undefined;
      const { frames } = await run(
        12,
        async (n, playout) => {
          if (n === 1) {
            playout.lead(upbeat(0.9));
            await playout.enqueue(waiting, never);
          }
          if (n === 4) waiting.patch = mouth;
          if (n === 7) {
            playout.lead(upbeat(0.8));
            await playout.enqueue(Object.assign(slot(0.2), { patch: undefined }), never);
          }
          if (n === 9) playout.clear();
        },
        { clock: new LiveClock() },
      );
      const heard = firsts(frames);
      expect(heard.slice(0, 9)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
      expect(heard.slice(9, 13)).toEqual([9, 1, 1, 0]);
      expect(heard.slice(13)).toEqual(Array(11).fill(0));
    });

    it('fades when it is cut', async () => {
      const { frames } = await run(
        8,
        async (n, playout) => {
          if (n !== 2) return;
          playout.lead(upbeat(0.9));
          await playout.enqueue(slot(0.5), never);
        },
        { clock: new LiveClock(), onFrame: (frame, playout) => frame === 6 && playout.clear() },
      );
      expect(frames[5]!.first).toBeCloseTo(0.9);
      expect(frames[6]!.first).toBeGreaterThan(0.4);
      expect(frames[6]!.last).toBe(0);
    });
  });
});
