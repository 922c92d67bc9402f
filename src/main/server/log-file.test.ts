import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { alsoTo, createLogger } from './log';
import { LogFile } from './log-file';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'herald-log-'));
  path = join(dir, 'logs', 'herald.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

const filesNow = () => readdirSync(join(dir, 'logs')).sort();

it('keeps five files and no more, the newest lines in order', () => {
  const file = new LogFile(path, { maxBytes: 100 });
  for (let i = 0; i < 60; i++) file.write(JSON.stringify({ i, text: 'x'.repeat(20) }));
  file.close();
  expect(filesNow()).toEqual(['herald.log', 'herald.log.1', 'herald.log.2', 'herald.log.3', 'herald.log.4']);
  for (const name of filesNow()) expect(statSync(join(dir, 'logs', name)).size).toBeLessThanOrEqual(100);
  const oldestFirst = filesNow().reverse();
  const lines = oldestFirst.flatMap((name) =>
    readFileSync(join(dir, 'logs', name), 'utf8')
      .trimEnd()
      .split('\n'),
  );
  const numbers = lines.map((line) => (JSON.parse(line) as { i: number }).i);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => 60 - numbers.length + at));
});

it('goes on where the last run ended', () => {
  for (const run of [1, 2]) {
    const file = new LogFile(path, { maxBytes: 1_000 });
    file.write(`{"run":${run}}`);
    file.close();
  }
  expect(readFileSync(path, 'utf8')).toBe('{"run":1}\n{"run":2}\n');
});

it('is not for other users', () => {
  const file = new LogFile(path);
  file.write('{}');
  file.close();
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o077).toBe(0);
});

it('drops lines that cannot be written, says so once, and recovers', () => {
  const problems: string[] = [];
  writeFileSync(join(dir, 'logs'), 'a file where the folder should be');
  const file = new LogFile(path, { onError: (error) => problems.push(error.message) });
  for (let i = 0; i < 3; i++) file.write('{}');
  expect(problems).toHaveLength(1);
  rmSync(join(dir, 'logs'));
  mkdirSync(join(dir, 'logs'));
  file.write('{"back":1}');
  file.close();
  expect(readFileSync(path, 'utf8')).toBe('{"back":1}\n');
});

it('gets the lines of a log and of its children as JSON, without secrets, until it is taken off', () => {
  const quiet = { write: () => {} };
  const log = createLogger('info', { out: quiet, err: quiet });
  const file = new LogFile(path);
  const stop = alsoTo(log.child({ scope: 'http' }), file);
  log.child({ scope: 'session' }).info({ token: 'sss1', port: 8010 }, 'GET /x?token=sss2 Bearer sss3');
  log.debug('not at this level');
  stop();
  log.info('too late');
  file.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ level: 30, scope: 'session', port: 8010, token: '(hidden)' }),
  ]);
  expect(lines.join()).not.toContain('sss');
});
