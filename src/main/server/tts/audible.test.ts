import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PcmChunk } from '../audio/frame';
import { AudibleEdges } from './audible';
import { KEEP_LEAD_MS } from './silence';

const RATE_HZ = 1_000; // a sample is a millisecond
const PAUSE_MS = 200;

const quiet = (count: number) => new Float32Array(count).fill(0.001);
const loud = (count: number) => Float32Array.from({ length: count }, (_, i) => (i % 2 ? -0.5 : 0.5));
const join = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));
const samplesOf = (chunks: PcmChunk[]) => join(chunks.map(({ samples }) => samples));

function through(parts: Float32Array[], edges = new AudibleEdges(PAUSE_MS)): Float32Array {
  const out = parts.flatMap((samples) => edges.push({ samples, sampleRateHz: RATE_HZ }));
  return samplesOf([...out, ...edges.end()]);
}

/** Cuts at the given places, which may lie anywhere. */
function cut(samples: Float32Array, places: number[]): Float32Array[] {
  const at = [0, ...places.map((place) => place % (samples.length + 1)).sort((a, b) => a - b), samples.length];
  return at.slice(1).map((to, i) => samples.subarray(at[i], to));
}

it('keeps a few milliseconds before the first sound, and the pause after the last, however it is cut', () => {
  const length = (max: number) => fc.integer({ min: 0, max });
  fc.assert(
    fc.property(
      length(3_000),
      length(1_900),
      length(3_000),
      fc.array(fc.nat(), { maxLength: 40 }),
      (lead, gap, tail, places) => {
        const said = join([loud(30), quiet(gap), loud(30)]);
        const out = through(cut(join([quiet(lead), said, quiet(tail)]), places));
        const kept = Math.min(lead, KEEP_LEAD_MS);
        expect(out.length).toBe(kept + said.length + PAUSE_MS);
        expect(out.subarray(kept, kept + said.length)).toEqual(said);
        expect(out.subarray(0, kept)).toEqual(quiet(kept));
      },
    ),
  );
});

it('changes nothing about its own output', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.nat(2_000), fc.array(fc.nat(), { maxLength: 20 }), (lead, tail, places) => {
      const once = through([quiet(lead), loud(50), quiet(tail)]);
      expect(through(cut(once, places))).toEqual(once);
    }),
  );
});

it('passes sound on at once, and silence as far as it could be the closing pause', () => {
  const edges = new AudibleEdges(PAUSE_MS);
  const push = (samples: Float32Array) => samplesOf(edges.push({ samples, sampleRateHz: RATE_HZ })).length;
  expect(push(quiet(500))).toBe(0);
  expect(edges.heard).toBe(false);
  expect(push(loud(100))).toBe(KEEP_LEAD_MS + 100);
  expect(edges.heard).toBe(true);
  expect(push(quiet(150))).toBe(150);
  expect(push(quiet(150))).toBe(50);
  expect(push(loud(10))).toBe(110);
  expect(push(loud(10))).toBe(10);
});

it('keeps no more than two seconds of silence back', () => {
  const edges = new AudibleEdges(PAUSE_MS);
  edges.push({ samples: loud(10), sampleRateHz: RATE_HZ });
  for (let i = 0; i < 100; i++)
    expect(samplesOf(edges.push({ samples: quiet(100), sampleRateHz: RATE_HZ })).length).toBe(i < 2 ? 100 : 0);
  const rest = samplesOf(edges.push({ samples: loud(10), sampleRateHz: RATE_HZ }));
  expect(rest.length).toBe(2_000 + 10);
});

it('counts the silence that it keeps back anew for every gap', () => {
  const gap = 1_500;
  const said = join([loud(10), quiet(gap), loud(10), quiet(gap), loud(10)]);
  expect(
    through(
      cut(
        said,
        Array.from({ length: 30 }, (_, i) => 100 * i),
      ),
    ),
  ).toEqual(join([said, new Float32Array(PAUSE_MS)]));
});

it('knows silence from sound', () => {
  const edges = new AudibleEdges(PAUSE_MS);
  expect(through([], edges).length).toBe(0);
  expect(through([quiet(700), new Float32Array(0), quiet(300)], edges).length).toBe(0);
  expect(edges.heard).toBe(false);
  expect(edges.receivedMs).toBe(1_000);
});

it('takes a change of sample rate in the middle', () => {
  const edges = new AudibleEdges(PAUSE_MS);
  edges.push({ samples: quiet(100), sampleRateHz: RATE_HZ });
  const out = [
    ...edges.push({ samples: loud(20), sampleRateHz: 2 * RATE_HZ }),
    ...edges.push({ samples: quiet(100), sampleRateHz: 2 * RATE_HZ }),
    ...edges.push({ samples: quiet(50), sampleRateHz: RATE_HZ }),
    ...edges.end(),
  ];
  expect(out.map(({ samples, sampleRateHz }) => [samples.length, sampleRateHz])).toEqual([
    [20, 2_000],
    [100, 2_000],
    [50, 1_000],
    [100, 1_000],
  ]);
});
