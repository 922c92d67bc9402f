// Loaded into the built server (node --import): whenever its main thread comes to a timer much too late, a line of JSON goes to
// HERALD_STALLS_FILE: when, for how long, and what the time went to. `cpuMs` is its own work, `waitMs` it was ready and another
// program had the processor (run queue, /proc/self/task/*/schedstat), the rest it was blocked in the kernel. And whenever the whole
// heap was collected, another line: what lives on it. Linux.
import { appendFileSync, openSync, readSync } from 'node:fs';
import { constants, PerformanceObserver } from 'node:perf_hooks';

const TICK_MS = 5;
/** Two pictures and a half. */
const STALL_MS = 100;

const file = process.env.HERALD_STALLS_FILE;
// Its child processes inherit the environment.
if (file && process.argv[1]?.endsWith('serve.js')) watch(file);

function watch(file) {
  const stat = openSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, 'r'); // a main thread's id is its process's
  const bytes = Buffer.alloc(64);
  const spent = () => {
    const [cpuNs, waitNs] = bytes
      .toString('latin1', 0, readSync(stat, bytes, 0, 64, 0))
      .split(' ')
      .map(Number);
    return { atMs: performance.now(), cpuMs: cpuNs / 1e6, waitMs: waitNs / 1e6 };
  };
  let collectedMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries()) {
      collectedMs += duration;
      if (detail.kind !== constants.NODE_PERFORMANCE_GC_MAJOR) continue;
      const { heapUsed, external } = process.memoryUsage();
      appendFileSync(file, `${JSON.stringify({ endMs: Date.now(), heapUsed, external })}\n`);
    }
  }).observe({ entryTypes: ['gc'] });
  let last = spent();
  setInterval(() => {
    const now = spent();
    const ms = now.atMs - last.atMs;
    if (ms > STALL_MS) {
      const [cpuMs, waitMs] = [now.cpuMs - last.cpuMs, now.waitMs - last.waitMs];
      appendFileSync(file, `${JSON.stringify({ endMs: Date.now(), ms, cpuMs, waitMs, collectedMs })}\n`);
    }
    collectedMs = 0;
    last = spent();
  }, TICK_MS).unref();
}
