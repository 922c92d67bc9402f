import { expect, it } from 'vitest';
import { defaultSettings, type Settings, settingInfo, settingNames } from '../../../shared/settings';
import { createLogger } from '../log';
import { keepLog } from './kept-log';
import { LogRing } from './log-ring';

const line = (level: number, msg: string) => JSON.stringify({ level, time: 0, msg });
const texts = (ring: LogRing, query: Partial<Parameters<LogRing['page']>[0]> = {}) =>
  ring.page({ level: 'trace', limit: 500, ...query }).lines.map(({ msg }) => msg);

/** n0, n1, ... of the levels info, warn, info, warn, ... */
function filled(count: number, bounds?: ConstructorParameters<typeof LogRing>[0]): LogRing {
  const ring = new LogRing(bounds);
  for (let i = 0; i < count; i++) ring.write(line(i % 2 === 0 ? 30 : 40, `n${i}`));
  return ring;
}

it('keeps the last lines only, by count and by length', () => {
  expect(filled(10, { lines: 3 }).list()).toEqual([line(40, 'n7'), line(30, 'n8'), line(40, 'n9')]);
  const length = line(30, 'n0').length;
  expect(filled(10, { characters: length * 2 + 1 }).list()).toEqual([line(30, 'n8'), line(40, 'n9')]);
  // One that is larger than all room is not kept, and nothing is wrong afterwards.
  const ring = filled(4, { characters: length * 2 });
  ring.write(line(30, 'x'.repeat(1_000)));
  expect(ring.list()).toEqual([]);
  ring.write(line(30, 'n0'));
  expect(texts(ring)).toEqual(['n0']);
});

it('tells the last lines first, and then only what is new', () => {
  const ring = filled(6);
  const first = ring.page({ level: 'trace', limit: 2 });
  expect(first.lines.map(({ id, msg, level }) => [id, msg, level])).toEqual([
    [5, 'n4', 'info'],
    [6, 'n5', 'warn'],
  ]);
  expect(first.missed).toBe(false);
  expect(ring.page({ level: 'trace', limit: 2, after: first.cursor })).toEqual({ ...first, lines: [] });
  ring.write(line(50, 'n6'));
  ring.write(line(30, 'n7'));
  const next = ring.page({ level: 'warn', limit: 10, after: first.cursor });
  expect(next.lines.map(({ msg }) => msg)).toEqual(['n6']);
  // The line that was left out has been looked at all the same.
  expect(texts(ring, { after: next.cursor })).toEqual([]);
});

it('goes on where a full page ended', () => {
  const ring = filled(1);
  const { cursor } = ring.page({ level: 'trace', limit: 1 });
  for (let i = 1; i < 8; i++) ring.write(line(i % 2 === 0 ? 30 : 40, `n${i}`));
  const seen: string[] = [];
  let after = cursor;
  for (let i = 0; i < 4; i++) {
    const page = ring.page({ level: 'warn', limit: 2, after });
    seen.push(...page.lines.map(({ msg }) => msg));
    after = page.cursor;
  }
  expect(seen).toEqual(['n1', 'n3', 'n5', 'n7']);
});

it('says when lines are gone, and when the cursor is of another start', () => {
  const ring = filled(1, { lines: 3 });
  const { cursor } = ring.page({ level: 'trace', limit: 10 });
  for (const name of ['a', 'b', 'c']) ring.write(line(30, name));
  expect(ring.page({ level: 'trace', limit: 10, after: cursor })).toMatchObject({ missed: false });
  ring.write(line(30, 'd'));
  const page = ring.page({ level: 'trace', limit: 10, after: cursor });
  expect([page.missed, page.lines.map(({ msg }) => msg)]).toEqual([true, ['b', 'c', 'd']]);
  for (const foreign of ['', 'x', '00000000.2', `${cursor}9999999999999999999`]) {
    const again = ring.page({ level: 'trace', limit: 10, after: foreign });
    expect([again.missed, again.lines.length], foreign).toEqual([true, 3]);
  }
});

it('splits a line into what everybody reads and what belongs to it', () => {
  const ring = new LogRing();
  const quiet = { out: { write: () => {} }, err: { write: () => {} } };
  const log = createLogger('trace', quiet);
  const settings = { ...defaultSettings(), log_file: false };
  const kept = keepLog(log, settings, { dataDir: '/nonexistent', secrets: [], recent: ring });
  log.child({ scope: 'http' }).debug({ status: 200 }, 'GET /');
  log.error(new Error('it broke'));
  kept.close();
  log.info('nobody keeps this');
  const { lines } = ring.page({ level: 'trace', limit: 10 });
  expect(lines).toEqual([
    { id: 1, time: expect.any(String), level: 'debug', scope: 'http', msg: 'GET /', details: { status: 200 } },
    { id: 2, time: expect.any(String), level: 'error', msg: 'it broke', details: { err: expect.anything() } },
  ]);
  expect(Number.isNaN(Date.parse(lines[0]?.time ?? ''))).toBe(false);
});

it('holds no secret, whichever setting it is of and wherever a line has it', () => {
  const secret = settingNames.filter((name) => settingInfo(name).secret);
  expect(secret.length).toBeGreaterThan(10);
  const made = Object.fromEntries(secret.map((name) => [name, `hush-${name}`]));
  const settings: Settings = { ...defaultSettings(), ...made, log_file: false };
  const ring = new LogRing();
  const log = createLogger('trace', { out: { write: () => {} }, err: { write: () => {} } });
  const kept = keepLog(log, settings, { dataDir: '/nonexistent', secrets: ['hush-made-at-start'], recent: ring });
  log.info('token for callers from outside: hush-made-at-start');
  for (const name of secret)
    log.warn({ [name]: made[name], url: `https://x/${made[name]}` }, `"${made[name]}" was refused`);
  log.error(
    new Error(`401 for Bearer hush-${'x'.repeat(20)}, see http://someone:hush-password@host/?token=hush-query`),
  );
  kept.close();
  expect(ring.list()).toHaveLength(secret.length + 2);
  expect(JSON.stringify(ring.page({ level: 'trace', limit: 500 }))).not.toContain('hush');
});
