import { describe, expect, it } from 'vitest';
import type { Avatar } from '../avatar/avatar';
import type { MelStream } from '../features/mel-stream';
import type { Mouth, MouthPatch } from '../mouth/mouth';
import type { Playout } from '../playout/playout';
import type { Slot } from '../playout/speech-queue';
import { Lips } from './lips';

const patch: MouthPatch = { region: { xPx: 0, yPx: 0, widthPx: 2, heightPx: 2 }, data: new Uint8Array(6) };
const avatar = { pictureNow: () => undefined, indexAt: (position: number) => position } as unknown as Avatar;
const mel = { window: () => ({ data: new Float32Array(1_280) }) } as unknown as MelStream;
const { signal } = new AbortController();

const PICTURE_MS = 40;
const STEP_MS = 10;

/** A mouth with one pair of hands: each picture takes so long, one after the other, on a clock that is turned by hand. */
class SlowMouth {
  readonly asked: number[] = [];
  private readonly waiting: (() => void)[] = [];
  private doneMs = 0;

  constructor(private readonly pictureMs: number) {}

  get answerInMs(): number {
    return (this.waiting.length + 1) * this.pictureMs - this.doneMs;
  }

  infer({ pictureIndex }: { pictureIndex: number }): Promise<MouthPatch> {
    this.asked.push(pictureIndex);
    return new Promise((done) => this.waiting.push(() => done(patch)));
  }

  async step(): Promise<void> {
    if (this.waiting.length === 0) return;
    this.doneMs += STEP_MS;
    if (this.doneMs < this.pictureMs) return;
    this.doneMs = 0;
    this.waiting.shift()!();
    await new Promise(setImmediate);
  }
}

/** Plays so many pictures of speech. @returns which of them had their mouth in time */
async function play(mouth: SlowMouth, pictures: number): Promise<boolean[]> {
  const slots = Array.from({ length: pictures }, (_, pictureIndex) => ({ pictureIndex, patch: undefined }) as Slot);
  const upcoming = [...slots];
  const lips = new Lips(avatar, mouth as unknown as Mouth, { upcoming, picturesToHead: 0 } as unknown as Playout);
  slots.forEach((slot, turnPicture) => {
    lips.expect(slot, { turn: 1, turnPicture, mel, signal });
  });
  const inTime: boolean[] = [];
  while (upcoming.length > 0) {
    for (let ms = 0; ms < PICTURE_MS; ms += STEP_MS) await mouth.step();
    const slot = upcoming.shift()!;
    inTime.push(slot.patch === patch);
    lips.pump();
  }
  return inTime;
}

const shares = (inTime: boolean[]) => inTime.filter(Boolean).length / inTime.length;

describe('Lips', () => {
  it('ask for every picture of a mouth that keeps up', async () => {
    const mouth = new SlowMouth(20);
    expect(shares(await play(mouth, 40))).toBe(1);
    expect(mouth.asked).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it.each([
    [60, 0.6],
    [100, 0.36],
    [400, 0.08],
  ])('skip what would come too late, so that a mouth of %i ms shows what it draws', async (pictureMs, least) => {
    const mouth = new SlowMouth(pictureMs);
    const inTime = await play(mouth, 100);
    expect(shares(inTime)).toBeGreaterThanOrEqual(least);
    // Next to nothing was drawn for nothing, twice or out of order.
    expect(mouth.asked.length - inTime.filter(Boolean).length).toBeLessThanOrEqual(3);
    expect(mouth.asked).toEqual([...new Set(mouth.asked)].sort((a, b) => a - b));
  });

  it('find out that a slow moment is over', async () => {
    const mouth = { asked: [] as number[], answerInMs: 5_000 };
    const fast = Object.assign(mouth, {
      infer: async ({ pictureIndex }: { pictureIndex: number }) => {
        mouth.asked.push(pictureIndex);
        mouth.answerInMs = 20;
        return patch;
      },
    });
    const inTime = await play(Object.assign(fast, { step: async () => {} }) as unknown as SlowMouth, 40);
    expect(inTime.slice(12).every(Boolean)).toBe(true);
  });

  it('leave later pictures for an engine that is away, and ask as soon as it is back', async () => {
    const away = { canAnswer: false, asked: [] as number[] };
    const mouth = Object.assign(away, {
      infer: async ({ pictureIndex }: { pictureIndex: number }) => {
        away.asked.push(pictureIndex);
        return away.canAnswer ? patch : undefined;
      },
    });
    const slots = Array.from({ length: 6 }, (_, pictureIndex) => ({ pictureIndex, patch: undefined }) as Slot);
    const upcoming = [...slots];
    const lips = new Lips(avatar, mouth as unknown as Mouth, { upcoming, picturesToHead: 0 } as unknown as Playout);
    slots.forEach((slot, turnPicture) => {
      lips.expect(slot, { turn: 1, turnPicture, mel, signal });
    });
    await new Promise(setImmediate);
    upcoming.shift();
    lips.pump();
    await new Promise(setImmediate);
    expect(mouth.asked).toEqual([0, 1]); // each when it was next
    mouth.canAnswer = true;
    upcoming.shift();
    lips.pump();
    await new Promise(setImmediate);
    expect(slots.map((slot) => slot.patch)).toEqual([null, null, patch, patch, patch, patch]);
  });
});
