import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchState, digestOf, readBatch } from './batch';
import { parseCsv } from './csv';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'herald batch 🎞 '));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
};

describe('CSV', () => {
  it('has quotes, line ends in fields and other separators', () => {
    expect(parseCsv('\uFEFFname,Text\r\na,"one, ""two""\nthree"\r\n\r\nb,\n')).toEqual([
      { name: 'a', text: 'one, "two"\nthree' },
      { name: 'b', text: '' },
    ]);
    expect(parseCsv('name;text\na;x, y\n')).toEqual([{ name: 'a', text: 'x, y' }]);
    expect(parseCsv('name\ttext\na\tx')).toEqual([{ name: 'a', text: 'x' }]);
    expect(() => parseCsv('text\n"never closed\n')).toThrow('line 2');
  });
});

describe('a batch', () => {
  it('is read from CSV, with paths that count from it', async () => {
    write('s.txt', 'Hello.\n[audio b.wav]\n');
    const file = write('list.csv', 'name,text,audio,script,size,seed\none,Hi,,,256,7\n,,a.wav,,,\nthree,,,s.txt,,\n');
    expect(await readBatch(file)).toEqual([
      { name: 'one', job: { script: [{ kind: 'say', text: 'Hi' }], size: 256, seed: 7 } },
      { name: '0002', job: { script: [{ kind: 'audio', file: join(dir, 'a.wav') }] } },
      {
        name: 'three',
        job: {
          script: [
            { kind: 'say', text: 'Hello.' },
            { kind: 'audio', file: join(dir, 'b.wav') },
          ],
        },
      },
    ]);
  });

  it('tells every row that is wrong', async () => {
    const rows = [
      { text: 'a', name: '../x' },
      { text: 'a', audio: 'b' },
      {},
      { text: 'a', size: '1' },
      { text: 'a', seed: -1 },
    ];
    const file = write('list.json', JSON.stringify([...rows, { text: 'a', name: 'x' }, { text: 'b', name: 'X' }]));
    const error = await readBatch(file).catch((e: Error) => e.message);
    for (const n of [1, 2, 3, 4, 5, 7]) expect(error).toContain(`clip ${n}:`);
    expect(error).not.toContain('clip 6:');
  });

  it('knows what is done: the same makings, and the file as it was left', async () => {
    const sound = write('a.wav', 'one');
    const job = { script: [{ kind: 'audio', file: sound }] } as const;
    const digest = await digestOf(job, { tts: 'espeak' });
    expect(await digestOf(job, { tts: 'other' })).not.toBe(digest);
    const state = await BatchState.read(dir);
    expect(await state.has('a', digest)).toBe(false);
    write('a.mp4', '12345');
    state.add('a', digest, 5);
    const later = await BatchState.read(dir);
    expect(await later.has('a', digest)).toBe(true);
    expect(later.owns('a')).toBe(true);
    write('a.mp4', '1234');
    expect(await later.has('a', digest)).toBe(false);
    write('a.wav', 'two');
    expect(await digestOf(job, { tts: 'espeak' })).not.toBe(digest);
  });
});
