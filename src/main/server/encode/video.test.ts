import { afterEach, describe, expect, it, vi } from 'vitest';
import { SAMPLES_PER_PICTURE } from '../../../shared/units';
import { counts } from '../metrics/native';
import { VideoEncoder } from './video';

const SIDE_PX = 64;

let encoder: VideoEncoder;
let coded: number[];

async function open(): Promise<void> {
  coded = [];
  const options = { widthPx: SIDE_PX, heightPx: SIDE_PX, bitrateBps: 300_000, keyframeIntervalPictures: 250 };
  encoder = await VideoEncoder.open(
    { codec: 'h264', ...options },
    ({ ptsSamples }) => coded.push(ptsSamples / SAMPLES_PER_PICTURE),
    (error) => {
      throw error;
    },
  );
}

/** As playout does after a stall: one after the other, and nothing else has a turn in between. @returns how many came back */
function atOnce(count: number, from = 0): { released: () => number } {
  let released = 0;
  for (let i = from; i < from + count; i++) {
    const data = new Uint8Array((SIDE_PX * SIDE_PX * 3) / 2).fill(60 + i);
    encoder.encode({ widthPx: SIDE_PX, heightPx: SIDE_PX, data }, i * SAMPLES_PER_PICTURE, () => released++);
  }
  return { released: () => released };
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

afterEach(async () => {
  vi.restoreAllMocks();
  await encoder.close();
  expect(counts()['video-encoder']).toBe(0);
});

describe('the encoder', () => {
  it('takes all that comes at once after a second in which the process stood still', async () => {
    await open();
    const before = atOnce(1);
    await vi.waitFor(() => expect(before.released()).toBe(1), 20_000);
    const burst = atOnce(25, 1);
    await vi.waitFor(() => expect(burst.released()).toBe(25), 20_000);
    expect(coded).toEqual(numbers(26));
    expect(encoder.droppedPictures).toBe(0);
  });

  it('leaves out, counts and gives back what is more than that', async () => {
    await open();
    const burst = atOnce(40);
    expect(encoder.droppedPictures).toBe(14);
    expect(burst.released()).toBe(14);
    await vi.waitFor(() => expect(burst.released()).toBe(40), 20_000);
    expect(coded).toEqual(numbers(26));
  });

  it('keeps a short queue once it has not kept up for a while, until it has again', async () => {
    await open();
    const clock = vi.spyOn(performance, 'now');
    clock.mockReturnValue(10_000);
    const first = atOnce(3);
    clock.mockReturnValue(12_000); // nothing has left
    const later = atOnce(5, 3);
    expect(encoder.droppedPictures).toBe(4);
    await vi.waitFor(() => expect(first.released() + later.released()).toBe(8), 20_000);
    expect(coded).toEqual(numbers(4));
    const caughtUp = atOnce(25, 8);
    expect(encoder.droppedPictures).toBe(4);
    await vi.waitFor(() => expect(caughtUp.released()).toBe(25), 20_000);
    expect(coded).toEqual([...numbers(4), ...numbers(25, 8)]);
  });
});
