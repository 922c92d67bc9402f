// What a process and its threads spent, by /proc (Linux).
import { readdirSync, readFileSync } from 'node:fs';

const NS_PER_MS = 1e6;
const CLOCK_TICKS_PER_SECOND = 100; // USER_HZ on every Linux

/** Read of something that may have ended: then ''. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

export function rssBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024;
}

/** User and system time of all its threads, ms. */
export function cpuMs(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ');
  return fields ? ((Number(fields[11]) + Number(fields[12])) * 1_000) / CLOCK_TICKS_PER_SECOND : 0;
}

/** How long its threads were ready while other programs had the processors, ms: the main thread, and all others together. */
export function waitedMs(pid: number): { main: number; others: number } {
  const waited = { main: 0, others: 0 };
  for (const id of threads(pid)) {
    const ms = Number(read(`/proc/${pid}/task/${id}/schedstat`).split(' ')[1] ?? 0) / NS_PER_MS;
    if (Number(id) === pid) waited.main += ms;
    else waited.others += ms;
  }
  return waited;
}

/** Its children whose command line holds this. */
export function childrenOf(pid: number, commandPart: string): number[] {
  const ids = read(`/proc/${pid}/task/${pid}/children`).trim().split(/\s+/).filter(Boolean).map(Number);
  return ids.filter((id) => read(`/proc/${id}/cmdline`).includes(commandPart));
}
