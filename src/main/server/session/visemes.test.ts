import { describe, expect, it } from 'vitest';
import { FEATURE_RATE_HZ, PICTURES_PER_SECOND, SAMPLES_PER_PICTURE } from '../../../shared/units';
import type { VisemePicture } from '../../../shared/viseme-protocol';
import { MelStream } from '../features/mel-stream';
import type { Mouth } from '../mouth/mouth';
import type { Slot } from '../playout/speech-queue';
import { visemeModel } from '../visemes/model';
import { Visemes } from './visemes';

const { coefficients } = visemeModel();
const mouthOf = (name: string) => Float32Array.from(coefficients, (one) => (one === name ? 1 : 0));
const signal = new AbortController().signal;
const settled = () => new Promise(setImmediate);

/** A turn of as many pictures as there are answers, each of which the mouth gives in its turn; errors it throws. */
function turnOf(answers: readonly (Float32Array | undefined | Error)[], windowStartMs = -37.5) {
  const asked: Float32Array[] = [];
  const mouth: Pick<Mouth, 'coefficients' | 'windowStartMs'> = {
    windowStartMs,
    coefficients: async ({ data }) => {
      const answer = answers[asked.push(data) - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const faults: unknown[] = [];
  const visemes = new Visemes({
    mouth,
    onFault: (error) => faults.push(error),
    rtpAt: (ptsSamples) => ({ video: 1_000 + (ptsSamples * 15) / 8 }),
  });
  const mel = new MelStream({ windowStartMs });
  mel.push(new Float32Array((answers.length * FEATURE_RATE_HZ) / PICTURES_PER_SECOND).map((_, i) => Math.sin(i)));
  mel.flush();
  const slots = answers.map((_, pictureIndex) => ({ pictureIndex, patch: undefined }) as unknown as Slot);
  for (const [turnPicture, slot] of slots.entries()) visemes.expect(slot, { turn: 7, turnPicture, mel, signal });
  let sent = 0;
  const show = (slot?: Slot) => visemes.shown({ ptsSamples: sent++ * SAMPLES_PER_PICTURE, slot });
  const heard: VisemePicture[] = [];
  return { visemes, slots, asked, faults, heard, mel, show, listen: () => visemes.subscribe((p) => heard.push(p)) };
}

describe('the visemes of a session', () => {
  it('come one for each picture of speech, in order, with its time; silence once', async () => {
    const { visemes, slots, heard, show, listen } = turnOf([mouthOf('MPB'), mouthOf('AA'), mouthOf('UW')]);
    listen();
    show();
    for (const [k, slot] of slots.entries()) {
      visemes.pump(slots.slice(k), 0);
      await settled();
      show(slot);
    }
    for (let i = 0; i < 5; i++) show();
    expect(heard.map(({ visemes: mix }) => Object.keys(mix)[0])).toEqual(['PP', 'aa', 'ou', 'sil']);
    expect(heard.map(({ ptsSamples }) => ptsSamples / SAMPLES_PER_PICTURE)).toEqual([1, 2, 3, 4]);
    expect(heard.map(({ rtp }) => rtp?.video)).toEqual([4_600, 8_200, 11_800, 15_400]);
    expect(heard.map(({ turn, turnMs }) => [turn, turnMs])).toEqual([
      [7, 0],
      [7, 40],
      [7, 80],
      [undefined, undefined],
    ]);
    expect(visemes.figures).toEqual({ visemePictures: 4, visemeMisses: 0 });
  });

  it('cost nothing while nobody listens', async () => {
    const { visemes, slots, asked, show, listen } = turnOf([mouthOf('AA'), mouthOf('AA')]);
    visemes.pump(slots, 0);
    show(slots[0]);
    listen()();
    visemes.pump(slots.slice(1), 0);
    show(slots[1]);
    expect([asked.length, visemes.figures.visemePictures]).toEqual([0, 0]);
  });

  it('end with the speech that was interrupted: what was asked ahead is never told', async () => {
    const { visemes, slots, asked, heard, show, listen } = turnOf(Array(6).fill(mouthOf('AA')));
    listen();
    visemes.pump(slots, 0);
    await settled();
    show(slots[0]);
    visemes.pump([], 0); // the queue was cleared
    for (let i = 0; i < 5; i++) show();
    expect(asked.length).toBeGreaterThan(1);
    expect(heard.map(({ visemes: mix }) => Object.keys(mix)[0])).toEqual(['aa', 'sil']);
  });

  it('that could not be had in time are left out and counted', async () => {
    const { visemes, slots, heard, show, listen } = turnOf([mouthOf('AA'), undefined, mouthOf('AA')]);
    listen();
    visemes.pump(slots, 0);
    await settled();
    slots.forEach(show);
    expect(heard.map(({ turnMs }) => turnMs)).toEqual([0, 80]);
    expect(visemes.figures.visemeMisses).toBe(1);
  });

  it('that can never be had are said once, and asked for no more', async () => {
    const { visemes, slots, asked, faults, show, listen } = turnOf(Array(6).fill(new Error('the file is missing')));
    listen();
    visemes.pump(slots, 0);
    await settled();
    visemes.pump(slots, 0);
    await settled();
    slots.forEach(show);
    expect(faults).toEqual([new Error('the file is missing')]);
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  it("see their own window, where the mouth's weights see another", async () => {
    const own = turnOf(Array(4).fill(mouthOf('AA')));
    const later = turnOf(Array(4).fill(mouthOf('AA')), 0);
    for (const { visemes, slots, listen } of [own, later]) {
      listen();
      for (let k = 0; k < slots.length; k++) visemes.pump(slots.slice(k), 0);
      await settled();
    }
    expect(own.asked.length).toBeGreaterThan(0);
    expect(later.asked).toEqual(own.asked);
  });
});
