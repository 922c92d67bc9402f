import type { Parameters as FuzzParameters } from 'fast-check';

/** Runs of a property: few in the ordinary tests, `FUZZ_RUNS` of them where someone wants more. */
export const fuzzRuns = <T>(runs: number): FuzzParameters<T> => ({
  numRuns: Number(process.env.FUZZ_RUNS ?? 0) || runs,
});
