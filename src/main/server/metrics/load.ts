import { readFileSync } from 'node:fs';
import os from 'node:os';
import { performance } from 'node:perf_hooks';
import type { LoadFigures } from '../../../shared/server-protocol';
import type { EventLoopWatch } from './event-loop';
import { processes } from './native';

/** USER_HZ: what /proc counts in on every Linux, whatever the kernel's own tick is (time(7)). */
const TICK_MS = 10;

interface Spent {
  cpuMs: number;
  rssBytes: number;
}

export interface LoadParts {
  loop: Pick<EventLoopWatch, 'delay'>;
  /** Sums over all sessions there were: `ServerMetrics.totals`. */
  totals: () => ReadonlyMap<string, number>;
  /** What a process has used; undefined where it is gone or the system does not tell. */
  spentBy?: (pid: number) => Spent | undefined;
}

/** What the server costs its machine: counters, measured only when somebody asks. */
export class Load {
  private readonly seen = new Map<number, number>();
  /** CPU time of processes that have ended, as far as it was seen: a counter must not fall when one is replaced. */
  private endedMs = 0;

  constructor(private readonly parts: LoadParts) {}

  read(): LoadFigures {
    const { loop, totals } = this.parts;
    const { user, system } = process.cpuUsage();
    const sums = totals();
    const sum = (...names: string[]) => names.reduce((all, name) => all + (sums.get(name) ?? 0), 0);
    return {
      atMs: Math.round(performance.now()),
      cpuMs: Math.round((user + system) / 1_000),
      ...this.readChildren(),
      cores: os.cpus().length,
      rssBytes: process.memoryUsage.rss(),
      loopDelayMs: loop.delay,
      picturesSent: sum('picturesSent'),
      picturesMissed: sum('pictureMisses', 'droppedPictures'),
      mouthMisses: sum('mouthMisses'),
    };
  }

  private readChildren(): Pick<LoadFigures, 'childCpuMs' | 'childRssBytes'> {
    const { spentBy = process.platform === 'linux' ? spentOnLinux : undefined } = this.parts;
    if (!spentBy) return { childCpuMs: null, childRssBytes: null };
    let rssBytes = 0;
    const living = new Set<number>();
    for (const pid of processes()) {
      const spent = spentBy(pid);
      if (!spent) continue;
      living.add(pid);
      this.seen.set(pid, spent.cpuMs);
      rssBytes += spent.rssBytes;
    }
    for (const [pid, cpuMs] of this.seen) {
      if (living.has(pid)) continue;
      this.endedMs += cpuMs;
      this.seen.delete(pid);
    }
    const cpuMs = [...this.seen.values()].reduce((all, ms) => all + ms, this.endedMs);
    return { childCpuMs: Math.round(cpuMs), childRssBytes: rssBytes };
  }
}

/** proc_pid_stat(5), proc_pid_status(5). */
function spentOnLinux(pid: number): Spent | undefined {
  try {
    // Fields 14 and 15 (utime, stime), counted after the name, which may itself hold spaces and brackets.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    const rssKb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssBytes: Number(rssKb) * 1_024 };
  } catch {
    return undefined; // it has ended meanwhile
  }
}
