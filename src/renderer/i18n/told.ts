import type { Told } from '../../shared/told';
import { usePreferences } from '../store/preferences';
import { told as chinese } from './zh/told';

/** A problem of two sentences, what happened and what to do: both in the reader's language, or both in the server's. */
export function problemInOwnWords({ problem, told, toldRemedy }: Problem): string | undefined {
  if (problem === undefined || !told || !toldRemedy) return problem;
  const [what, remedy] = [inOwnWords(told, ''), inOwnWords(toldRemedy, '')];
  return what && remedy ? `${what}。${remedy}` : problem;
}

interface Problem {
  problem?: string | undefined;
  told?: Told | undefined;
  toldRemedy?: Told | undefined;
}

/** What the server told, in the reader's language: by its key where this page knows it, else in the server's own English. */
export function inOwnWords(told: Told | null | undefined, english: string): string {
  if (!told || usePreferences.getState().language === 'en') return english;
  const words = (chinese as Record<string, string>)[told.key];
  // A server that is newer than this page.
  if (words === undefined) return english;
  return words.replace(/\{\{(\w+)\}\}/g, (_, name: string) => told.values?.[name] ?? '');
}

/** Several at once; `told` has their keys in the same order. */
export const allInOwnWords = (told: readonly (Told | null)[] | undefined, english: readonly string[]): string[] =>
  english.map((one, i) => inOwnWords(told?.[i], one));

interface Job {
  problem?: string | undefined;
  told?: Told | undefined;
  warnings: string[];
  toldWarnings?: (Told | null)[] | undefined;
}

/** An import, export or clip whose problem and warnings are told in the reader's language. */
export const jobInOwnWords = <T extends Job>(job: T): T => ({
  ...job,
  ...(job.problem !== undefined && { problem: inOwnWords(job.told, job.problem) }),
  warnings: allInOwnWords(job.toldWarnings, job.warnings),
});
