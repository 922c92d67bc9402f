import { describe, expect, it } from 'vitest';
import { PictureClock } from './picture-clock';

/** A picture every 40 ms of a sender whose clock is off by so many parts of a million, each so late. */
function see(
  clock: PictureClock,
  fromMs: number,
  lateMs: (index: number) => number,
  pictures: number,
  ppm = 0,
): number {
  let mediaMs = fromMs;
  for (let i = 0; i < pictures; i++, mediaMs += 40) clock.arrived(mediaMs, mediaMs * (1 + ppm / 1e6) + lateMs(i));
  return mediaMs;
}

describe('where pictures belong', () => {
  it('is where they come, however far the two clocks are apart', () => {
    const clock = new PictureClock();
    expect(clock.transitMs).toBeUndefined();
    see(clock, 1e7, () => -9e6, 500);
    expect(clock.transitMs).toBeCloseTo(-9e6, 3);
  });

  it('is in the middle of what comes sooner and later, and follows a clock that is faster', () => {
    const clock = new PictureClock();
    const endMs = see(clock, 0, (i) => (i % 2 === 0 ? 5 : 15), 3_000, 80);
    expect(clock.transitMs! - (endMs * 80) / 1e6).toBeGreaterThan(5);
    expect(clock.transitMs! - (endMs * 80) / 1e6).toBeLessThan(15);
  });

  it('does not move for a queue of a second', () => {
    const clock = new PictureClock();
    let mediaMs = see(clock, 0, () => 10, 400);
    mediaMs = see(clock, mediaMs, () => 850, 25);
    expect(clock.transitMs).toBeCloseTo(10, 3);
    see(clock, mediaMs, () => 10, 25);
    expect(clock.transitMs).toBeCloseTo(10, 3);
  });

  it('is the old one for 150 pictures after the way became longer, then the new one', () => {
    const clock = new PictureClock();
    let mediaMs = see(clock, 0, () => 10, 400);
    mediaMs = see(clock, mediaMs, () => 210, 150);
    expect(clock.transitMs).toBeCloseTo(10, 3);
    mediaMs = see(clock, mediaMs, () => 210, 2);
    expect(clock.transitMs).toBeCloseTo(210, 0);
  });

  it('begins anew after ten seconds of pictures that are not believed: at half the rhythm that is before the 150', () => {
    const clock = new PictureClock();
    let mediaMs = see(clock, 0, () => 10, 400);
    for (let i = 0; i < 124; i++, mediaMs += 80) clock.arrived(mediaMs, mediaMs + 210);
    expect(clock.transitMs).toBeCloseTo(10, 3);
    for (let i = 0; i < 3; i++, mediaMs += 80) clock.arrived(mediaMs, mediaMs + 210);
    expect(clock.transitMs).toBeCloseTo(210, 0);
    // And it is new: it has to learn what an outlier is.
    for (let i = 0; i < 100; i++, mediaMs += 80) clock.arrived(mediaMs, mediaMs + 10);
    expect(clock.transitMs).toBeLessThan(150);
  });

  it('begins anew after ten seconds without any', () => {
    const clock = new PictureClock();
    const mediaMs = see(clock, 0, () => 10, 400);
    see(clock, mediaMs + 11_000, () => 500, 3);
    expect(clock.transitMs).toBeCloseTo(500, 3);
  });
});
