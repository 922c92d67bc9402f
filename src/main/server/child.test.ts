import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { forkEntry, untilEnded } from './child';
import { counts } from './metrics/native';

const { PRIORITY_LOW } = constants.priority;
const children: ReturnType<typeof forkEntry>[] = [];

function start(lowPriority: boolean) {
  const child = forkEntry('remux', 'remux-process', { lowPriority });
  children.push(child);
  return child;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = untilEnded(child);
    child.kill('SIGKILL');
    await ended;
  }
  expect(counts()['remux-process']).toBe(0);
});

/** `nice` of every thread of a process: the 19th field of its stat, which follows the name in brackets (proc(5)). */
const threadPriorities = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).map((tid) => {
    const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });

it('a process runs at our own priority unless it is to stand back', () => {
  expect(getPriority(start(false).pid)).toBe(getPriority());
  expect(getPriority(start(true).pid)).toBe(PRIORITY_LOW);
});

it.runIf(process.platform === 'linux')('one that stands back does so with all its threads', async () => {
  const child = start(true);
  await new Promise((ready) => child.once('message', ready));
  const found = threadPriorities(child.pid!);
  expect(found.length).toBeGreaterThan(1);
  expect(new Set(found)).toEqual(new Set([PRIORITY_LOW]));
});
