import { beforeEach, describe, expect, it } from 'vitest';
import type { EncodedPacket } from '../output';
import { Feed } from './feed';
import type { FlvPacket } from './messages';

const PICTURE = 1_920;
let sent: FlvPacket[];
let asked: number;
let feed: Feed;
let now: number;

beforeEach(() => {
  sent = [];
  asked = 0;
  now = 480_000;
  feed = new Feed(
    (packet) => sent.push(packet),
    () => asked++,
  );
});

const packet = (ptsSamples: number, keyframe = false): EncodedPacket => ({
  data: new Uint8Array(1),
  ptsSamples,
  durationSamples: PICTURE,
  keyframe,
});

/** A picture and the two sound packets that came before it. */
function play(pictures: number, keyframes: 'first' | 'none' = 'none'): void {
  for (let i = 0; i < pictures; i++, now += PICTURE) {
    feed.audio(packet(now));
    feed.audio(packet(now + PICTURE / 2));
    feed.video(packet(now, keyframes === 'first' && i === 0));
  }
}

const times = (kind: FlvPacket['kind']) => sent.filter((one) => one.kind === kind).map(({ ptsSamples }) => ptsSamples);

describe('what goes into a connection', () => {
  it('is nothing before there is one, then a keyframe at 0 with its sound', () => {
    play(3, 'first');
    expect([sent, asked]).toEqual([[], 0]);
    feed.begin();
    expect(asked).toBe(1);
    play(2);
    expect(sent).toEqual([]);
    play(2, 'first');
    expect(sent[0]).toMatchObject({ kind: 'audio', ptsSamples: 0 });
    expect(times('video')).toEqual([0, PICTURE]);
    expect(times('audio')).toEqual([0, PICTURE / 2, PICTURE, (3 * PICTURE) / 2]);
    expect([feed.droppedPictures, feed.droppedSounds]).toEqual([0, 0]);
  });

  it('stops when the far end is 2 s behind and goes on at a keyframe once it has caught up', () => {
    feed.begin();
    play(1, 'first');
    play(60);
    const before = sent.length;
    const { droppedPictures } = feed;
    expect(droppedPictures).toBeGreaterThan(5);
    expect(feed.backlogMs).toBeLessThanOrEqual(2_040);
    play(1, 'first'); // a keyframe, but the far end is as far behind as before
    expect(sent).toHaveLength(before);
    feed.left(before - 5);
    expect(asked).toBe(2);
    feed.left(5);
    expect(asked).toBe(2);
    play(1);
    play(2, 'first');
    expect(times('video').slice(-2)).toEqual([now - 480_000 - 2 * PICTURE, now - 480_000 - PICTURE]);
    expect(feed.droppedPictures).toBe(droppedPictures + 2);
    expect(feed.droppedSounds).toBeGreaterThan(10);
    const all = sent.map(({ ptsSamples }) => ptsSamples);
    for (const kind of ['video', 'audio'] as const) expect(times(kind)).toEqual([...times(kind)].sort((a, b) => a - b));
    expect(Math.min(...all)).toBe(0);
  });

  it('keeps no more sound than a wait for a keyframe can need', () => {
    feed.begin();
    play(1_000);
    play(1, 'first');
    expect(times('audio')).toEqual([0, PICTURE / 2]);
    expect(feed.droppedSounds).toBe(0);
  });

  it('begins at 0 again in the next connection', () => {
    feed.begin();
    play(60, 'first');
    feed.begin();
    sent = [];
    play(3);
    play(2, 'first');
    expect(times('video')).toEqual([0, PICTURE]);
    expect(feed.backlogMs).toBeLessThan(100);
  });
});
