import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { soak } from '../soak/run';

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'herald-soak-report-'));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** What a busy machine breaks by being busy; a soak of its own judges these, a test does not. */
const NEED_TIME = ['first picture', 'pictures whole', 'sound whole', 'media flows', 'sound and picture together'];
const NEED_MORE_TIME = ['media keeps time', 'sessions freed', 'sessions kept'];

describe('the soak kit', () => {
  it('drives a server for some seconds, and what does not depend on time holds', async () => {
    const options = { seconds: 7, sessions: 2, seed: 3, out, port: 0, missingPictures: 10, calmMs: 1_000 };
    await soak(options, new AbortController().signal, () => {});
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    const named = (verdict: string) =>
      report.findings
        .filter((one: { verdict: string }) => one.verdict === verdict)
        .map(({ name }: { name: string }) => name);
    const untimely = [...NEED_TIME, ...NEED_MORE_TIME];
    expect(named('broken').filter((name: string) => !untimely.includes(name))).toEqual([]);
    expect(named('ok')).toEqual(expect.arrayContaining(['server alive', 'replies are proper', 'timestamps go up']));
    expect(report.figures['What was done'].sessions).toBeGreaterThanOrEqual(2);
    expect(report.calms.at(-1).sessions).toBe(0);
    expect(readdirSync(out).sort()).toEqual(
      expect.arrayContaining(['cpu.svg', 'memory.svg', 'offset.svg', 'report.md', 'samples.csv', 'sessions.svg']),
    );
  });
});
