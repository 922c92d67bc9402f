import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..', '..');
const rows = readFileSync(join(root, 'SECURITY.md'), 'utf8')
  .split('\n')
  .map((line) => /^\| (.+?) \| `([^`]+\.test\.tsx?)` \| (.+?) \| (.+?) \|$/.exec(line))
  .flatMap((match) => (match ? [{ attack: match[1]!, file: match[2]!, test: match[3]!, result: match[4]! }] : []));

it('the table names the attacks that were promised', () => {
  const all = rows.map(({ attack }) => attack).join('\n');
  for (const attack of [
    'Path traversal',
    'DNS rebinding',
    'CSRF from a foreign origin, without token',
    'A foreign origin with the token',
    'Pickle gadget',
    'Zip bomb',
    'SDP bomb',
    'WebSocket flood',
    'SSE flood',
    'Token brute force',
    'Oversized',
    'ReDoS in the splitter',
    'IPC abuse from the renderer',
    'UDP flood',
  ]) {
    expect(all).toContain(attack);
  }
});

it.each(rows)('$attack: $file has the test that is named', ({ file, test }) => {
  expect(existsSync(join(root, file)), `${file} is gone: say in SECURITY.md which test tries this now`).toBe(true);
  const source = readFileSync(join(root, file), 'utf8');
  // As the name of a test or as the first of a row of a table of tests.
  const quoted = ["'", '"', '`'].some((quote) => source.includes(`${quote}${test}${quote}`));
  expect(quoted, `${file} has no test "${test}": say in SECURITY.md which one tries this now`).toBe(true);
});
