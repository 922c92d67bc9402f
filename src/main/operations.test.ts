import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { FLAGS } from '../../soak/options';
import { settingNames } from '../shared/settings';
import { ServerMetrics } from './server/metrics/prometheus';

const root = resolve(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

it.each([
  'OPERATIONS.md',
  'SECURITY.md',
  'deploy/herald.service',
  'deploy/nginx.conf',
  'deploy/turnserver.conf',
  'deploy/haproxy.cfg',
  'deploy/compose.fanout.yml',
])('%s names flags that there are', (file) => {
  // Docker's, npm's and useradd's own.
  const others = ['init', 'stop-timeout', 'help', 'requests', 'project', 'now', 'system', 'home-dir', 'shell'];
  // Those of `npm run soak`, which OPERATIONS.md has a section on.
  if (file === 'OPERATIONS.md') others.push(...Object.keys(FLAGS));
  const named = [...read(file).matchAll(/(?<![\w-])--([a-zA-Z][\w-]*)/g)].map(([, flag]) => flag!);
  const unknown = named.filter((flag) => !settingNames.includes(flag as never) && !others.includes(flag));
  expect(unknown).toEqual([]);
});

it('OPERATIONS.md warns by figures that /metrics has', async () => {
  const metrics = new ServerMetrics({
    sessions: { list: () => [], figures: () => ({}), get: () => undefined },
    loop: { delay: { p50Ms: 0, p99Ms: 0, maxMs: 0 } },
    mouth: () => ({ state: 'ready', restarts: 0 }) as never,
    voices: () => [],
    condition: () => ({ status: 'ok', reasons: [] }),
  });
  try {
    const told = await metrics.registry.metrics();
    const named = [...read('OPERATIONS.md').matchAll(/\b(?:herald|process)_[a-z_]+/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(6);
    for (const name of named) expect(told, name).toMatch(new RegExp(`^# TYPE ${name} `, 'm'));
  } finally {
    metrics.close();
  }
});

it('the unit waits longer than a drain takes', () => {
  const unit = read('deploy/herald.service');
  const seconds = (pattern: RegExp) => Number(pattern.exec(unit)?.[1]);
  expect(seconds(/TimeoutStopSec=(\d+)/)).toBeGreaterThan(seconds(/--drain_s (\d+)/) + 2);
});
