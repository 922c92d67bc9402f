import { describe, expect, it } from 'vitest';
import { readStats, StallWatch, type StatsEntry } from './stats';

const report = (over: { frames?: number; bytes?: number; audioAt?: number; videoAt?: number } = {}): StatsEntry[] => [
  {
    type: 'inbound-rtp',
    id: 'v',
    kind: 'video',
    framesDecoded: over.frames ?? 0,
    bytesReceived: over.bytes ?? 0,
    codecId: 'c',
    frameWidth: 720,
    frameHeight: 720,
    ...(over.videoAt === undefined ? {} : { estimatedPlayoutTimestamp: over.videoAt }),
  },
  {
    type: 'inbound-rtp',
    id: 'a',
    kind: 'audio',
    bytesReceived: over.bytes ?? 0,
    ...(over.audioAt === undefined ? {} : { estimatedPlayoutTimestamp: over.audioAt }),
  },
  { type: 'codec', id: 'c', mimeType: 'video/H264' },
  { type: 'transport', id: 't', selectedCandidatePairId: 'p2' },
  { type: 'candidate-pair', id: 'p1', currentRoundTripTime: 9 },
  { type: 'candidate-pair', id: 'p2', currentRoundTripTime: 0.004 },
];

describe('readStats', () => {
  it('has rates only from the second poll on', () => {
    const first = readStats(report({ frames: 10, bytes: 1_000 }), null, 1_000);
    expect(first.figures).toMatchObject({ fps: null, bitrateBps: null, codec: 'H264', widthPx: 720, heightPx: 720 });
    const second = readStats(report({ frames: 60, bytes: 126_000 }), first.counters, 3_000);
    expect(second.figures.fps).toBe(25);
    expect(second.figures.bitrateBps).toBe(1_000_000); // two tracks of 125 kB in 2 s
  });

  it('reads the selected pair, or the nominated one where there is no transport entry', () => {
    expect(readStats(report(), null, 0).figures.rttMs).toBe(4);
    const firefox: StatsEntry[] = [
      { type: 'candidate-pair', id: 'p1', nominated: false, state: 'succeeded', currentRoundTripTime: 1 },
      { type: 'candidate-pair', id: 'p2', nominated: true, state: 'succeeded', currentRoundTripTime: 0.01 },
    ];
    expect(readStats(firefox, null, 0).figures.rttMs).toBe(10);
  });

  it('counts sound ahead of the picture as positive, and says nothing before both are known', () => {
    expect(readStats(report({ audioAt: 1_015, videoAt: 1_000 }), null, 0).figures.offsetMs).toBe(15);
    expect(readStats(report({ audioAt: 1_015 }), null, 0).figures.offsetMs).toBeNull();
    expect(readStats(report({ audioAt: 0, videoAt: 5 }), null, 0).figures.offsetMs).toBeNull();
  });

  it('says nothing when counters went backwards or time stood still', () => {
    const before = { atMs: 1_000, framesDecoded: 500, bytesReceived: 9_999 };
    expect(readStats(report({ frames: 3 }), before, 2_000).figures).toMatchObject({ fps: null, bitrateBps: null });
    expect(readStats(report({ frames: 600, bytes: 99_999 }), before, 1_000).figures.fps).toBeNull();
  });

  it('is quiet about an empty report', () => {
    expect(Object.values(readStats([], null, 0).figures).every((v) => v === null)).toBe(true);
  });
});

describe('StallWatch', () => {
  it('reports after the limit without a new byte, and recovers', () => {
    const watch = new StallWatch(4_000);
    const at = (atMs: number, bytesReceived: number) => watch.update({ atMs, bytesReceived, framesDecoded: 0 });
    expect(at(0, 10)).toBe(false);
    expect(at(3_000, 10)).toBe(false);
    expect(at(4_000, 10)).toBe(true);
    expect(at(5_000, 11)).toBe(false);
    expect(at(8_999, 11)).toBe(false);
    expect(at(9_000, 11)).toBe(true);
  });
});
