import { describe, expect, it } from 'vitest';
import { SAMPLES_PER_PICTURE } from '../../../shared/units';
import { Keyframes } from './keyframes';

const TEN_SECONDS = 250 * SAMPLES_PER_PICTURE;

/** Plays pictures and tells which became keyframes. */
function play(keyframes: Keyframes, pictures: number, asked: (picture: number) => number): number[] {
  const made: number[] = [];
  for (let i = 0; i < pictures; i++) {
    for (let n = asked(i); n > 0; n--) keyframes.request();
    if (keyframes.due(i * SAMPLES_PER_PICTURE, TEN_SECONDS)) made.push(i);
  }
  return made;
}

describe('keyframes', () => {
  it('come with the cadence when nobody asks', () => {
    expect(play(new Keyframes(), 600, () => 0)).toEqual([0, 250, 500]);
  });

  it('are two a second though a hundred viewers ask with every picture', () => {
    expect(play(new Keyframes(), 60, () => 100)).toEqual([0, 5, 25, 30, 50, 55]);
  });

  it('come for a request that fell into the pause, once, when it is over', () => {
    expect(play(new Keyframes(), 60, (picture) => (picture === 2 ? 3 : 0))).toEqual([0, 5]);
  });

  it('are counted from the last one that the encoder made of itself', () => {
    const keyframes = new Keyframes();
    keyframes.made(10 * SAMPLES_PER_PICTURE);
    keyframes.request();
    expect(keyframes.due(14 * SAMPLES_PER_PICTURE, TEN_SECONDS)).toBe(false);
    expect(keyframes.due(15 * SAMPLES_PER_PICTURE, TEN_SECONDS)).toBe(true);
  });
});
