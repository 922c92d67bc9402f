import { describe, expect, it } from 'vitest';
import { SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE } from '../../../shared/units';
import type { ActStep } from '../avatar/actions';
import type { Avatar, I420Picture } from '../avatar/avatar';
import { Act, type ActSource } from './act';
import type { ActsOptions } from './acts';
import { VirtualClock } from './clock';
import { BLEND_PICTURES } from './composer';
import { PictureBuffers } from './picture-buffers';
import { Playout, type PlayoutSink } from './playout';
import type { Slot } from './speech-queue';

const SIZE_PX = 8;
const BYTES = (SIZE_PX * SIZE_PX * 3) / 2;
const STILL = 7;
const never = new AbortController().signal;

const filled = (value: number): I420Picture => ({
  widthPx: SIZE_PX,
  heightPx: SIZE_PX,
  data: new Uint8Array(BYTES).fill(value),
});

/** Ten pictures, each filled with its own index. */
function testAvatar(): Avatar {
  const pictures = Array.from({ length: 10 }, (_, i) => filled(i));
  return {
    id: 'test',
    name: { en: 'Test' },
    widthPx: SIZE_PX,
    heightPx: SIZE_PX,
    pictureCount: 10,
    stillIndex: STILL,
    indexAt: (position) => position % 10,
    faceBox: () => ({ xPx: 0, yPx: 0, widthPx: SIZE_PX, heightPx: SIZE_PX }),
    picture: async (index) => pictures[index]!,
    pictureNow: (index) => pictures[index],
    release: () => {},
  };
}

interface Clip {
  audiotype?: number;
  /** Picture k is filled with `from + k`, its sound is `(from + k) / 1000` throughout. */
  from: number;
  pictures: number;
  loop?: boolean;
  failAt?: number;
}

/** A performance made of numbers. Counts how far it was read, and how many of its readers are still there. */
function clip({ audiotype = 2, from, pictures, loop = false, failAt }: Clip) {
  const read = { most: 0, open: 0 };
  const source: ActSource = {
    audiotype,
    loop,
    async *steps(signal): AsyncGenerator<ActStep> {
      read.open++;
      try {
        do {
          for (let k = 0; k < pictures; k++) {
            await new Promise((resolve) => setImmediate(resolve));
            if (signal.aborted) return;
            if (k === failAt) throw new Error('00000003.png cannot be decoded');
            read.most = Math.max(read.most, k + 1);
            const samples = new Float32Array(SAMPLES_PER_PICTURE).fill((from + k) / 1_000);
            yield { picture: filled(from + k), samples, first: k === 0 };
          }
        } while (loop);
      } finally {
        read.open--;
      }
    },
  };
  return { source, read };
}

interface Sent {
  luma: number;
  /** The picture's buffer is one of its source's own. */
  own: boolean;
  /** Thousandths, of the first and the last sample of the 40 ms. */
  sound: [number, number];
}

/** Runs a playout on virtual time; `script` is called before picture n. */
async function run(
  pictures: number,
  options: ActsOptions,
  script: (n: number, playout: Playout) => void | Promise<void>,
) {
  const avatar = testAvatar();
  const buffers = new PictureBuffers(BYTES);
  const sent: Sent[] = [];
  const pts = { pictures: [] as number[], frames: [] as number[] };
  const sounds: number[][] = [];
  const scripted: (void | Promise<void>)[] = [];
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const sink: PlayoutSink = {
    picture: (picture, ptsSamples, release) => {
      const [a, b] = sounds.slice(-1);
      sent.push({ luma: picture.data[BYTES - 1]!, own: !release, sound: [a![0]!, 0] });
      expect(b).toBeUndefined();
      pts.pictures.push(ptsSamples);
      release?.();
    },
    audio: (samples, ptsSamples) => {
      sounds.push([Math.round(samples[0]! * 1_000), Math.round(samples[SAMPLES_PER_FRAME - 1]! * 1_000)]);
      pts.frames.push(ptsSamples);
      if (sounds.length % 2 === 1) return;
      sent.at(-1)!.sound[1] = sounds.at(-1)![1]!;
      const next = sounds.length / 2;
      if (next >= pictures) finish();
      else scripted.push(script(next, playout));
    },
  };
  const playout = new Playout(avatar, new VirtualClock(), sink, buffers, undefined, options);
  scripted.push(script(0, playout));
  playout.start();
  await done;
  await playout.close();
  await Promise.all(scripted);
  expect(pts.pictures.slice(0, pictures)).toEqual(Array.from({ length: pictures }, (_, i) => i * SAMPLES_PER_PICTURE));
  expect(pts.frames.slice(0, 2 * pictures)).toEqual(
    Array.from({ length: 2 * pictures }, (_, i) => i * SAMPLES_PER_FRAME),
  );
  return { sent: sent.slice(0, pictures), figures: playout.figures };
}

const lumas = (sent: Sent[]) => sent.map(({ luma }) => luma);
const heard = (sent: Sent[]) => sent.map(({ sound }) => sound[0]);

/** What the blend from `from` to `to` shows. */
const mixed = (from: number, to: number, k: number) => Math.round(from + ((to - from) * k) / (BLEND_PICTURES + 1));

function slot(value: number): Slot {
  return { samples: new Float32Array(SAMPLES_PER_PICTURE).fill(value / 1_000), pictureIndex: -1, patch: null };
}

async function speak(playout: Playout, value: number, slots: number): Promise<void> {
  playout.setSpeechUnderWay(true);
  for (let i = 0; i < slots; i++) await playout.enqueue(slot(value), never);
  playout.setSpeechUnderWay(false);
}

describe('a performance', () => {
  it('plays every picture with its own sound, in order, and blends three pictures at both ends', async () => {
    const { source } = clip({ from: 100, pictures: 12 });
    const ended: number[] = [];
    const { sent, figures } = await run(24, { onActEnded: (act) => ended.push(act.audiotype) }, (n, playout) => {
      if (n === 4) playout.perform(new Act(source));
    });
    const on = 4;
    expect(heard(sent).slice(on, on + 12)).toEqual(Array.from({ length: 12 }, (_, k) => 100 + k));
    expect(sent.slice(on, on + 12).every(({ sound }) => sound[0] === sound[1])).toBe(true);
    expect(lumas(sent).slice(on, on + 3)).toEqual([1, 2, 3].map((k) => mixed(3, 99 + k, k)));
    expect(lumas(sent).slice(on + 3, on + 12)).toEqual(Array.from({ length: 9 }, (_, k) => 103 + k));
    // The head goes on where it was left: the loop waited.
    expect(lumas(sent).slice(on + 12, on + 15)).toEqual([1, 2, 3].map((k) => mixed(111, 3 + k, k)));
    expect(lumas(sent).slice(on + 15, on + 19)).toEqual([7, 8, 9, 0]);
    expect(sent.map(({ own }) => own).filter((own) => !own)).toHaveLength(2 * BLEND_PICTURES);
    expect(sent.slice(on + 12).every(({ sound }) => sound[0] === 0 && sound[1] === 0)).toBe(true);
    expect(ended).toEqual([2]);
    expect(figures.actMisses).toBe(0);
  });

  it('of one picture lasts one picture', async () => {
    const { source } = clip({ from: 100, pictures: 1 });
    const ended: number[] = [];
    const { sent } = await run(8, { onActEnded: (act) => ended.push(act.audiotype) }, (n, playout) => {
      if (n === 2) playout.perform(new Act(source));
    });
    expect(heard(sent)).toEqual([0, 0, 100, 0, 0, 0, 0, 0]);
    expect(ended).toEqual([2]);
  });

  it('goes to the mode that its end asks for, within the same picture', async () => {
    const { source } = clip({ from: 100, pictures: 5 });
    const { sent } = await run(14, { onActEnded: () => still() }, (n, playout) => {
      still = () => playout.setStill(true);
      if (n === 2) playout.perform(new Act(source));
    });
    expect(lumas(sent).slice(7, 10)).toEqual([1, 2, 3].map((k) => mixed(104, STILL, k)));
    expect(lumas(sent).slice(10)).toEqual([STILL, STILL, STILL, STILL]);
  });
  let still = () => {};

  it('goes round until something else is wanted, without a seam', async () => {
    const { source, read } = clip({ from: 100, pictures: 4, loop: true });
    const { sent } = await run(20, {}, (n, playout) => {
      if (n === 2) playout.perform(new Act(source));
      if (n === 15) playout.endActs();
    });
    expect(heard(sent).slice(2, 15)).toEqual(Array.from({ length: 13 }, (_, k) => 100 + (k % 4)));
    // Cut in its middle: what would have sounded next is faded out instead of clicking.
    expect(sent[15]!.sound).toEqual([101, 0]);
    expect(heard(sent).slice(16)).toEqual([0, 0, 0, 0]);
    expect(read.open).toBe(0);
  });

  it('gives way to another one when that is ready, and until then goes on', async () => {
    const first = clip({ from: 100, pictures: 40 });
    const second = clip({ audiotype: 3, from: 200, pictures: 3 });
    const ended: number[] = [];
    const { sent } = await run(16, { onActEnded: (act) => ended.push(act.audiotype) }, (n, playout) => {
      if (n === 2) playout.perform(new Act(first.source));
      if (n === 6) playout.perform(new Act(second.source));
    });
    // The first frame of the new one carries the end of the old one's sound, faded out over 5 ms.
    expect(heard(sent).slice(2, 10)).toEqual([100, 101, 102, 103, 304, 201, 202, 0]);
    expect(sent[6]!.sound[1]).toBe(200);
    expect(ended).toEqual([3]);
    expect(first.read.open).toBe(0);
  });

  it('starts again on request', async () => {
    const { source, read } = clip({ from: 100, pictures: 30 });
    const { sent } = await run(14, {}, (n, playout) => {
      if (n === 2 || n === 8) playout.perform(new Act(source));
    });
    expect(heard(sent).slice(2, 8)).toEqual([100, 101, 102, 103, 104, 105]);
    expect(heard(sent).slice(9, 13)).toEqual([101, 102, 103, 104]);
    expect(read.open).toBe(0);
  });

  it('of 3,000 pictures is never read more than eight ahead', async () => {
    const { source, read } = clip({ from: 1, pictures: 3_000 });
    let furthestAhead = 0;
    let on = 0;
    await run(60, {}, (n, playout) => {
      if (n === 2) playout.perform(new Act(source));
      if (playout.acting) furthestAhead = Math.max(furthestAhead, read.most - ++on);
    });
    expect(on).toBeGreaterThan(50);
    expect(furthestAhead).toBeLessThanOrEqual(9); // eight that wait, and the one that its reader holds
    expect(read.open).toBe(0);
  });

  it('that breaks plays what there was, says why, and is over', async () => {
    const { source } = clip({ from: 100, pictures: 9, failAt: 5 });
    const faults: unknown[] = [];
    const { sent } = await run(14, { onActEnded: (act) => faults.push(act.fault) }, (n, playout) => {
      if (n === 2) playout.perform(new Act(source));
    });
    expect(heard(sent).slice(2, 8)).toEqual([100, 101, 102, 103, 104, 0]);
    expect(faults).toEqual([new Error('00000003.png cannot be decoded')]);
  });

  it('that has nothing to show at all ends at once', async () => {
    const { source } = clip({ from: 100, pictures: 9, failAt: 0 });
    const faults: unknown[] = [];
    const { sent } = await run(6, { onActEnded: (act) => faults.push(act.fault) }, (n, playout) => {
      if (n === 2) playout.perform(new Act(source));
    });
    expect(lumas(sent)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(faults).toHaveLength(1);
  });
});

describe('a performance and speech', () => {
  it('queue: speech waits for the end of the performance, then begins on the head’s next pictures', async () => {
    const { source } = clip({ from: 100, pictures: 8 });
    const { sent, figures } = await run(20, {}, async (n, playout) => {
      if (n === 2) playout.perform(new Act(source));
      if (n === 4) await speak(playout, 50, 3);
    });
    expect(heard(sent).slice(2, 10)).toEqual(Array.from({ length: 8 }, (_, k) => 100 + k));
    const spoken = 10;
    expect(heard(sent).slice(10, spoken + 4)).toEqual([50, 50, 50, 0]);
    const head = 2;
    expect(lumas(sent).slice(spoken + 3, spoken + 5)).toEqual([head + 3, head + 4]);
    expect(figures.underruns).toBe(0);
  });

  it('queue: a performance waits until speech is over', async () => {
    const { source } = clip({ from: 100, pictures: 4 });
    const { sent } = await run(18, {}, async (n, playout) => {
      if (n === 1) await speak(playout, 50, 5);
      if (n === 4) playout.perform(new Act(source));
    });
    expect(heard(sent)).toEqual([...[0, 50, 50, 50, 50, 50, 100, 101, 102, 103], ...sent.slice(10).map(() => 0)]);
  });

  it('queue: a loop lets speech in between two rounds and goes on afterwards', async () => {
    const { source } = clip({ from: 100, pictures: 4, loop: true });
    const ended: number[] = [];
    const { sent } = await run(20, { onActEnded: (act) => ended.push(act.audiotype) }, async (n, playout) => {
      if (n === 1) playout.perform(new Act(source));
      if (n === 3) await speak(playout, 50, 3);
    });
    expect(heard(sent).slice(1, 12)).toEqual([100, 101, 102, 103, 50, 50, 50, 100, 101, 102, 103]);
    expect(ended).toEqual([]);
  });

  it('cut: speech ends the performance', async () => {
    const { source, read } = clip({ from: 100, pictures: 40 });
    const ended: number[] = [];
    const options: ActsOptions = { overlap: 'cut', onActEnded: (act) => ended.push(act.audiotype) };
    const { sent } = await run(14, options, async (n, playout) => {
      if (n === 2) playout.perform(new Act(source));
      if (n === 5) await speak(playout, 50, 3);
    });
    expect(heard(sent).slice(2, 9)).toEqual([100, 101, 102, 103 + 50, 50, 50, 0]);
    expect(sent[5]!.sound).toEqual([103 + 50, 50]);
    expect(ended).toEqual([2]);
    expect(read.open).toBe(0);
  });

  it('cut: a loop starts again after speech', async () => {
    const { source } = clip({ from: 100, pictures: 4, loop: true });
    const { sent } = await run(14, { overlap: 'cut' }, async (n, playout) => {
      if (n === 2) playout.perform(new Act(source));
      if (n === 5) await speak(playout, 50, 2);
    });
    expect(heard(sent).slice(2, 12)).toEqual([100, 101, 102, 103 + 50, 50, 100, 101, 102, 103, 100]);
  });

  it('a mouth that was moving is not pasted on the performance that follows at once', async () => {
    const { source } = clip({ from: 100, pictures: 6 });
    const mouth: Slot = {
      ...slot(50),
      patch: {
        region: { xPx: 0, yPx: 0, widthPx: SIZE_PX, heightPx: SIZE_PX },
        data: new Uint8Array(BYTES).fill(240),
      },
    };
    const { sent } = await run(14, {}, async (n, playout) => {
      if (n === 0) await playout.enqueue(mouth, never);
      if (n === 1) playout.perform(new Act(source));
    });
    expect(lumas(sent).slice(0, 5)).toEqual([240, mixed(240, 100, 1), mixed(240, 101, 2), mixed(240, 102, 3), 103]);
  });
});

describe('modes', () => {
  it('blend from live to still and back, and show the source’s own bytes otherwise', async () => {
    const { sent } = await run(16, {}, (n, playout) => {
      if (n === 3) playout.setStill(true);
      if (n === 9) playout.setStill(false);
    });
    expect(lumas(sent)).toEqual([
      0,
      1,
      2,
      ...[1, 2, 3].map((k) => mixed(2, STILL, k)),
      STILL,
      STILL,
      STILL,
      ...[1, 2, 3].map((k) => mixed(STILL, (8 + k) % 10, k)),
      2,
      3,
      4,
      5,
    ]);
    expect(sent.filter(({ own }) => !own)).toHaveLength(2 * BLEND_PICTURES);
  });

  it('a switch in the middle of a blend goes on from what was shown last', async () => {
    const { sent } = await run(10, {}, (n, playout) => {
      if (n === 3) playout.setStill(true);
      if (n === 5) playout.setStill(false);
    });
    const half = mixed(2, STILL, 2);
    expect(lumas(sent).slice(3, 9)).toEqual([
      mixed(2, STILL, 1),
      half,
      mixed(half, 5, 1),
      mixed(half, 6, 2),
      mixed(half, 7, 3),
      8,
    ]);
  });

  it('mode 1’s own pictures go round without sound; speech walks the avatar’s loop and they come back', async () => {
    const { source } = clip({ audiotype: 1, from: 100, pictures: 3, loop: true });
    const spoken: Slot[] = [];
    const { sent } = await run(20, {}, async (n, playout) => {
      if (n === 1) playout.setStill(true, new Act(source));
      if (n !== 6) return;
      for (let i = 0; i < 5; i++) {
        spoken.push(slot(50));
        await playout.enqueue(spoken.at(-1)!, never);
      }
    });
    expect(lumas(sent).slice(4, 6)).toEqual([100, 101]);
    const on = 6;
    expect(spoken.map(({ pictureIndex }) => pictureIndex)).toEqual([0, 1, 2, 3, 4].map((k) => (on + k) % 10));
    expect(lumas(sent).slice(on + 3, on + 5)).toEqual([3, 4].map((k) => (on + k) % 10));
    expect(heard(sent).slice(on, on + 5)).toEqual([50, 50, 50, 50, 50]);
    expect(
      lumas(sent)
        .slice(on + 8, on + 11)
        .sort(),
    ).toEqual([100, 101, 102]);
    expect(heard(sent).filter((sound) => sound !== 0 && sound !== 50)).toEqual([]);
  });

  it('mode 1’s own pictures that cannot be read leave the standing picture, and it is told', async () => {
    const { source } = clip({ audiotype: 1, from: 100, pictures: 3, loop: true, failAt: 2 });
    const faults: [number, unknown][] = [];
    const { sent } = await run(14, { onActEnded: (act) => faults.push([act.audiotype, act.fault]) }, (n, playout) => {
      if (n === 1) playout.setStill(true, new Act(source));
    });
    expect(faults).toEqual([[1, new Error('00000003.png cannot be decoded')]]);
    expect(lumas(sent).slice(8)).toEqual(Array.from({ length: 6 }, () => STILL));
  });
});
