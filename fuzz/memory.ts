import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MemoryAtRest {
  samplesMb: number[];
  /** Of each sample, the pages that are the process's own (RssAnon); the others are files that are mapped. */
  ownMb: number[];
  /** Theil-Sen: the median of the slopes of all pairs, which a single collection of garbage does not move. */
  slopeMbPerHour: number;
  /** The last fifth against the first. */
  growthMb: number;
}

/** Watches the memory of a server that nobody asks anything (Linux). */
export async function memoryAtRest(pid: number, seconds: number): Promise<MemoryAtRest> {
  const samplesMb: number[] = [];
  const ownMb: number[] = [];
  for (let i = 0; i <= seconds; i++) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mb = (name: string) => (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1_024) / 1e6;
    samplesMb.push(mb('VmRSS'));
    ownMb.push(mb('RssAnon'));
    await sleep(1_000);
  }
  const fifth = Math.max(1, Math.floor(samplesMb.length / 5));
  return {
    samplesMb,
    ownMb,
    slopeMbPerHour: slope(samplesMb) * 3_600,
    growthMb: median(samplesMb.slice(-fifth)) - median(samplesMb.slice(0, fifth)),
  };
}

/** Per step between samples. */
export function slope(samples: readonly number[]): number {
  const slopes = samples.flatMap((from, i) => samples.slice(i + 1).map((to, j) => (to - from) / (j + 1)));
  return median(slopes);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
