import { readdirSync, readFileSync } from 'node:fs';

const CLOCK_TICKS_PER_SECOND = 100; // USER_HZ on every Linux

export interface ProcessFacts {
  pid: number;
  parent: number;
  /** Its entry, as far as the command line tells: `serve`, `infer`, ... */
  role: string;
  rssBytes: number;
  threads: number;
  cpuMs: number;
  /** How long its threads were ready to run and had no CPU: what other programs took from it. */
  waitedMs: number;
}

/** A process and everything that it started (Linux: reads /proc); empty elsewhere, or when it is gone. */
export function processTree(pid: number): ProcessFacts[] {
  const own = factsOf(pid);
  if (!own) return [];
  return [own, ...childrenOf(pid).flatMap((child) => processTree(child))];
}

/** Open descriptors; undefined where nobody tells. */
export function descriptorsOf(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

function factsOf(pid: number): ProcessFacts | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // The command name, in brackets, may hold anything; what follows it is fields.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const script = args.find((arg) => /\.[cm]?[jt]s$/.test(arg)) ?? args[0] ?? '';
    return {
      pid,
      parent: Number(fields[1]),
      role: script.replace(/^.*\//, '').replace(/\.[cm]?[jt]s$/, ''),
      rssBytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024,
      threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1] ?? 0),
      waitedMs: waitedMs(pid),
      cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1_000) / CLOCK_TICKS_PER_SECOND,
    };
  } catch {
    return undefined;
  }
}

function waitedMs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const nanoseconds = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[1];
    return sum + Number(nanoseconds ?? 0) / 1e6;
  }, 0);
}

/** Children of every thread: whichever thread forks is the parent that the kernel notes. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
