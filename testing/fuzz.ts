import fc, { type Parameters as FuzzParameters } from 'fast-check';

/** Runs of a property: few in the ordinary tests, `FUZZ_RUNS` of them where someone wants more. */
export const fuzzRuns = <T>(runs: number): FuzzParameters<T> => ({
  numRuns: Number(process.env.FUZZ_RUNS ?? 0) || runs,
});

const codePoint = fc.oneof(fc.integer({ min: 0, max: 0x24f }), fc.integer({ min: 0, max: 0x10ffff }));

/** Text of any code points, control characters and halves of surrogate pairs included. */
export const anyText = (maxLength: number) =>
  fc.array(codePoint, { maxLength }).map((points) => String.fromCodePoint(...points));
