import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SoundClock } from './sound-clock';

/** A packet every 20 ms, each so late. */
function hear(clock: SoundClock, fromMs: number, lateMs: number, packets: number): number {
  let mediaMs = fromMs;
  for (let i = 0; i < packets; i++, mediaMs += 20) clock.arrived(mediaMs, mediaMs + lateMs);
  return mediaMs;
}

describe('when sound is played', () => {
  it('is a little after it came, on a way that is always as long', () => {
    const clock = new SoundClock();
    expect(clock.transitMs).toBeUndefined();
    hear(clock, 0, 5_000, 1_500);
    expect(clock.transitMs).toBeGreaterThanOrEqual(5_000 + 20);
    expect(clock.transitMs).toBeLessThanOrEqual(5_000 + 80);
  });

  it('is never before it came, nor more than three seconds after', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 1, max: 80 }))), (ways) => {
        const clock = new SoundClock();
        let mediaMs = 0;
        for (const [lateMs, packets] of ways) {
          mediaMs = hear(clock, mediaMs, lateMs, packets);
          expect(clock.transitMs).toBeGreaterThanOrEqual(lateMs);
          expect(clock.transitMs).toBeLessThan(1_500 + 1_500 + 100);
        }
      }),
    );
  });

  it('is later at once when a queue holds it up, and comes back by no more than speech is shortened', () => {
    const clock = new SoundClock();
    let mediaMs = hear(clock, 0, 0, 500);
    mediaMs = hear(clock, mediaMs, 850, 20);
    expect(clock.transitMs).toBeGreaterThanOrEqual(850);
    // For two seconds the late packets are still in sight; then it plays faster, and has long forgotten in a minute and a half.
    mediaMs = hear(clock, mediaMs, 0, 100);
    const heldMs = clock.transitMs!;
    mediaMs = hear(clock, mediaMs, 0, 100);
    expect(heldMs - clock.transitMs!).toBeLessThanOrEqual(2 * 75 + 1);
    hear(clock, mediaMs, 0, 4_500);
    expect(clock.transitMs).toBeLessThan(100);
  });

  it('comes back in leaps from a wait that nothing it learned from asks for', () => {
    const clock = new SoundClock();
    let mediaMs = hear(clock, 0, 0, 5_000);
    mediaMs = hear(clock, mediaMs, 2_500, 20);
    expect(clock.transitMs).toBeGreaterThanOrEqual(2_500);
    hear(clock, mediaMs, 0, 400);
    expect(clock.transitMs).toBeLessThan(600);
  });

  it('is not told by a packet that was overtaken', () => {
    const clock = new SoundClock();
    const mediaMs = hear(clock, 0, 0, 100);
    const before = clock.transitMs;
    clock.arrived(mediaMs - 400, mediaMs + 900);
    expect(clock.transitMs).toBe(before);
  });

  it('is in time again after a gap in what is sent, however late what came before it was', () => {
    const clock = new SoundClock();
    let mediaMs = hear(clock, 0, 30, 1_500);
    mediaMs = hear(clock, mediaMs, 880, 10);
    expect(clock.transitMs).toBeGreaterThanOrEqual(880);
    mediaMs = hear(clock, mediaMs + 850, 30, 1);
    expect(clock.transitMs).toBeLessThanOrEqual(30 + 200);
    hear(clock, mediaMs, 30, 250);
    expect(clock.transitMs).toBeLessThanOrEqual(30 + 60);
  });

  it('waits after a gap for as long as it has learned by then that it has to', () => {
    const clock = new SoundClock();
    let mediaMs = hear(clock, 0, 30, 40); // early on one late look is enough
    mediaMs = hear(clock, mediaMs, 630, 3);
    hear(clock, mediaMs + 1_200, 30, 60);
    expect(clock.transitMs).toBeGreaterThanOrEqual(630);
    expect(clock.transitMs).toBeLessThanOrEqual(30 + 620 + 50 + 20);
  });

  it('goes on as before after a packet or two that were lost', () => {
    const clock = new SoundClock();
    const mediaMs = hear(clock, 0, 30, 1_500);
    const before = clock.transitMs!;
    hear(clock, mediaMs + 40, 30, 1);
    expect(clock.transitMs).toBe(before);
  });
});
