import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thinWav2Lip } from '../../../../../testing/thin-wav2lip';
import { callOfSystem, saveZip } from '../../../../../testing/torch-checkpoint';
import { appRoot } from '../../entries';
import { HeraldError } from '../../errors';
import { counts } from '../../metrics/native';
import { type ConvertProgress, convertCheckpoint } from './convert';
import { convertCommand } from './convert-cli';

const folder = mkdtempSync(join(tmpdir(), 'herald-convert-'));
const at = (name: string) => join(folder, name);
const thin = thinWav2Lip('96', 32);
const wav2lip = at('wav2lip.pth');
beforeAll(() => saveZip(wav2lip, { tensors: thin }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function refusal(file: string): Promise<string> {
  const out = at('refused');
  const error = await convertCheckpoint(file, out).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HeraldError);
  expect(readdirSync(out)).toEqual([]);
  return (error as Error).message;
}

describe('the converter process', { timeout: 60_000 }, () => {
  it('writes a whole folder with progress, and converts the same content once, under any name', async () => {
    const steps: ConvertProgress[] = [];
    const first = await convertCheckpoint(wav2lip, at('models'), { onProgress: (step) => steps.push(step) });
    const files = ['fast-face.onnx', 'fast-mouth-quick.onnx', 'fast-mouth.onnx', 'full.onnx', 'model.json'];
    expect(readdirSync(first.folder).sort()).toEqual(files);
    expect(JSON.parse(readFileSync(join(first.folder, 'model.json'), 'utf8'))).toEqual(first.info);
    expect(first.info).toMatchObject({
      variant: '96',
      faceSizePx: 96,
      windowStartMs: -37.5,
      source: { name: 'wav2lip.pth' },
    });
    const fractions = steps.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect([...new Set(steps.map(({ stage }) => stage))]).toEqual(['reading', 'writing', 'checking']);

    saveZip(at('renamed.pth'), { tensors: thin });
    steps.length = 0;
    const inode = statSync(join(first.folder, 'full.onnx')).ino;
    const second = await convertCheckpoint(at('renamed.pth'), at('models'), { onProgress: (step) => steps.push(step) });
    expect(second).toEqual(first);
    expect(steps.every(({ stage }) => stage === 'reading')).toBe(true);
    expect(statSync(join(second.folder, 'full.onnx')).ino).toBe(inode);
    expect(readdirSync(at('models'))).toHaveLength(1);
    expect(counts()['convert-process']).toBe(0);
  });

  it('makes a folder anew that is not whole', async () => {
    const { folder: made } = await convertCheckpoint(wav2lip, at('broken'));
    truncateSync(join(made, 'fast-face.onnx'), 100);
    const again = await convertCheckpoint(wav2lip, at('broken'));
    expect(again.folder).toBe(made);
    expect(statSync(join(made, 'fast-face.onnx')).size).toBe(again.info.fast?.face.sizeBytes);
  });

  it('twice at the same time gives one result to both', async () => {
    const [one, other] = await Promise.all([
      convertCheckpoint(wav2lip, at('both')),
      convertCheckpoint(wav2lip, at('both')),
    ]);
    expect(other.folder).toBe(one.folder);
    expect(readdirSync(at('both'))).toEqual([one.info.source.sha256.slice(0, 16)]);
  });

  it('aborted at its first sign of life ends and leaves nothing', async () => {
    const stop = new AbortController();
    const converting = convertCheckpoint(wav2lip, at('aborted'), {
      onProgress: () => stop.abort(new Error('enough')),
      signal: stop.signal,
    });
    await expect(converting).rejects.toThrow('enough');
    expect(readdirSync(at('aborted'))).toEqual([]);
    expect(counts()['convert-process']).toBe(0);
  });

  it('passes on why a file is refused, and runs nothing of it', async () => {
    const proof = at('ran');
    saveZip(at('evil.pth'), { tensors: thin, evil: callOfSystem(`touch ${proof}`) });
    expect(await refusal(at('evil.pth'))).toContain('posix.system: this file would run code; it was not opened');
    expect(existsSync(proof)).toBe(false);
    expect(await refusal(at('absent.pth'))).toBe('absent.pth was not found. Check the path.');
  });

  it('that dies is an error with its last words', async () => {
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = '--require ./is-not-here.cjs';
    try {
      expect(await refusal(wav2lip)).toMatch(
        /^wav2lip.pth could not be converted: the converter stopped \(exit code 1/,
      );
    } finally {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    }
  });
});

describe('a ready-made ONNX file', { timeout: 60_000 }, () => {
  it('of the contract is taken over with its window', async () => {
    const { info, folder: made } = await convertCheckpoint(join(appRoot, 'models', 'lip-mini.onnx'), at('ready'));
    expect(info).toMatchObject({
      variant: 'onnx',
      faceSizePx: 160,
      parameters: null,
      fast: null,
      full: { output: 'out' },
    });
    expect(readdirSync(made).sort()).toEqual(['full.onnx', 'model.json']);
    const settings = JSON.parse(readFileSync(join(appRoot, 'models', 'lip-mini.json'), 'utf8'));
    expect(info.windowStartMs).toBe(settings.windowStartMs ?? -37.5);
  });

  it('of something else is refused by what is wrong', async () => {
    const { folder: made } = await convertCheckpoint(wav2lip, at('parts'));
    expect(await refusal(join(made, 'fast-face.onnx'))).toMatch(
      /^fast-face.onnx is not a lip model: it has no float32 input mel \(wanted mel \[N,1,80,16\], face \[N,6,S,S\]/,
    );
    writeFileSync(at('noise.onnx'), 'not a model');
    expect(await refusal(at('noise.onnx'))).toMatch(/^noise.onnx cannot be loaded by ONNX Runtime: /);
  });
});

describe('npm run convert', { timeout: 60_000 }, () => {
  async function run(...argv: string[]): Promise<{ code: number; printed: string; complained: string }> {
    const said = { printed: '', complained: '' };
    const code = await convertCommand(argv, {
      print: (text) => void (said.printed += text),
      complain: (text) => void (said.complained += text),
    });
    return { code, ...said };
  }

  it('prints what it found, the self-check and where it is', async () => {
    const { code, printed, complained } = await run(wav2lip, '--out', at('cli'));
    expect({ code, complained }).toEqual({ code: 0, complained: '' });
    expect(printed).toMatch(/^wav2lip.pth: Wav2Lip 96, 96x96 px, [\d,]+ parameters\n/);
    expect(printed).toMatch(
      /\nself-check: fast differs from full by at most \d\.\de[+-]\d+ \(allowed 2.0e-4\): it holds\n/,
    );
    expect(printed).toMatch(new RegExp(`\\nwritten to ${at('cli')}/[0-9a-f]{16} \\(\\d+ MB\\)\\n$`));
  });

  it('says in one line why not, and tells a wrong command from a wrong file', async () => {
    writeFileSync(at('page.pth'), '<!DOCTYPE html>');
    expect(await run(at('page.pth'), '--out', at('cli'))).toEqual({
      code: 1,
      printed: '',
      complained: 'page.pth is a web page, not weights. Download the file itself.\n',
    });
    expect(await run()).toMatchObject({ code: 2, complained: expect.stringContaining('Usage:') });
    expect(await run('a', 'b')).toMatchObject({ code: 2 });
    expect(await run('a', '--outt', 'b')).toMatchObject({ code: 2, complained: expect.stringContaining('--outt') });
    expect(await run('--help')).toMatchObject({ code: 0, printed: expect.stringContaining('Usage:') });
  });
});
