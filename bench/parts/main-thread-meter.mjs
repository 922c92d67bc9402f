// Loaded into the built server (node --import): how much CPU its main thread takes between two turns of a 1 ms timer, which is what
// everybody else had to wait for. From the first SIGUSR2 to the second; then the longest are written to HERALD_METER_FILE. Linux.
import { openSync, readSync, writeFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';

const file = process.env.HERALD_METER_FILE;
// Its child processes inherit the environment.
if (file && process.argv[1]?.endsWith('serve.js')) measure(file);

function measure(file) {
  const stat = openSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, 'r'); // a main thread's id is its process's
  const bytes = Buffer.alloc(64);
  const onCpuMs = () => Number(bytes.toString('latin1', 0, readSync(stat, bytes, 0, 64, 0)).split(' ')[0]) / 1e6;
  let slices;
  let collections = 0;
  let last = onCpuMs();
  setInterval(() => {
    slices?.push(onCpuMs() - last);
    last = onCpuMs();
  }, 1).unref();
  new PerformanceObserver((list) => {
    // Scavenges are short; the others mark what lives, which takes as long as there is much of it.
    for (const { detail } of list.getEntries()) if (detail.kind > 1) collections++;
  }).observe({ entryTypes: ['gc'] });
  process.on('SIGUSR2', () => {
    if (slices) {
      const longest = slices.sort((a, b) => b - a);
      writeFileSync(
        file,
        JSON.stringify({ longest: longest.slice(0, 5), p99: longest[(longest.length / 100) | 0], collections }),
      );
    }
    slices = slices ? undefined : [];
    collections = 0;
    last = onCpuMs();
  });
}
