import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { loadFigures } from '../../../shared/server-protocol';
import { Load } from './load';
import { trackProcess } from './native';

const loop = { delay: { p50Ms: 1, p99Ms: 2, maxMs: 3 } };
const totals = () =>
  new Map(Object.entries({ picturesSent: 50, pictureMisses: 2, droppedPictures: 3, mouthMisses: 4 }));

it('adds up what sessions sent and missed, and what the process used', () => {
  const figures = new Load({ loop, totals }).read();
  expect(loadFigures.parse(figures)).toEqual(figures);
  expect(figures).toMatchObject({ picturesSent: 50, picturesMissed: 5, mouthMisses: 4, loopDelayMs: { p99Ms: 2 } });
  expect(figures.cpuMs).toBeGreaterThan(0);
  expect(figures.rssBytes).toBeGreaterThan(10e6);
});

it('keeps what a process used when it has ended, and never falls', () => {
  const ends = new Map<number, () => void>();
  const begin = (pid: number) => trackProcess({ pid, once: (_event, ended) => ends.set(pid, ended) });
  const spent = new Map<number, number>();
  const spentBy = (pid: number) => (spent.has(pid) ? { cpuMs: spent.get(pid)!, rssBytes: 7 } : undefined);
  const load = new Load({ loop, totals, spentBy });
  begin(-1);
  spent.set(-1, 400);
  expect(load.read()).toMatchObject({ childCpuMs: 400, childRssBytes: 7 });
  begin(-2);
  spent.set(-2, 30).set(-1, 450);
  expect(load.read()).toMatchObject({ childCpuMs: 480, childRssBytes: 14 });
  ends.get(-1)?.();
  expect(load.read()).toMatchObject({ childCpuMs: 480, childRssBytes: 7 });
  spent.delete(-2); // gone, before anybody was told
  expect(load.read()).toMatchObject({ childCpuMs: 480, childRssBytes: 0 });
  ends.get(-2)?.();
  expect(load.read()).toMatchObject({ childCpuMs: 480, childRssBytes: 0 });
});

it.runIf(process.platform === 'linux')('reads what a real process uses', async () => {
  const busy = spawn(process.execPath, [
    '-e',
    'const t = Date.now(); while (Date.now() - t < 150); console.log("x"); setInterval(() => {}, 1e3)',
  ]);
  trackProcess(busy);
  const load = new Load({ loop, totals });
  await once(busy.stdout, 'data');
  const { childCpuMs, childRssBytes } = load.read();
  expect(childCpuMs).toBeGreaterThanOrEqual(30);
  expect(childRssBytes).toBeGreaterThan(10e6);
  busy.kill('SIGKILL');
  await once(busy, 'exit');
  const after = load.read();
  expect(after.childRssBytes).toBe(0);
  expect(after.childCpuMs).toBe(childCpuMs);
});

it.runIf(process.platform !== 'linux')('says where the system does not tell', () => {
  expect(new Load({ loop, totals }).read()).toMatchObject({ childCpuMs: null, childRssBytes: null });
});
