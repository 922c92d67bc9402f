import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../provider-error';
import { chosenReference, passedOn, readRecording } from './reference';

let folder: string;
let voicesDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-voices-'));
  voicesDir = join(folder, 'voices');
  mkdirSync(voicesDir);
  writeFileSync(join(folder, 'secret.wav'), 'secret');
  writeFileSync(join(voicesDir, 'lin.wav'), 'sound');
});
afterEach(() => rmSync(folder, { recursive: true }));

const signal = new AbortController().signal;

describe('chosenReference', () => {
  const settings = { referenceAudio: 'own.wav', referenceText: 'own text' };

  it('takes /human before /offer before the settings', () => {
    expect(chosenReference({}, { signal })).toBeUndefined();
    expect(chosenReference(settings, { signal })).toEqual({ audio: 'own.wav', text: 'own text', requested: false });
    const offer = { signal, referenceAudio: 'b.wav', referenceText: 'b' };
    expect(chosenReference(settings, offer)).toEqual({ audio: 'b.wav', text: 'b', requested: true });
    expect(chosenReference(settings, { ...offer, extra: { ref_file: 'c.wav', ref_text: 'c' } })).toEqual({
      audio: 'c.wav',
      text: 'c',
      requested: true,
    });
  });

  it("never puts the settings' text beside another recording", () => {
    expect(chosenReference(settings, { signal, referenceAudio: 'b.wav' })).toEqual({ audio: 'b.wav', requested: true });
    expect(chosenReference(settings, { signal, referenceAudio: ' own.wav ' })).toEqual({
      audio: 'own.wav',
      text: 'own text',
      requested: false,
    });
  });

  it('takes nothing that is empty or no text', () => {
    const extra = { ref_file: 7, ref_text: {} };
    expect(chosenReference(settings, { signal, referenceAudio: ' ', extra })).toMatchObject({ audio: 'own.wav' });
  });
});

it('passedOn leaves out what has been read already', () => {
  expect(passedOn(undefined)).toEqual({});
  expect(passedOn({ ref_file: 1, ref_text: 2, voice: 3, speed: 4, pitch: 5, top_k: 6 })).toEqual({ top_k: 6 });
});

describe('readRecording', () => {
  const requested = (audio: string, dir: string | null = voicesDir) =>
    readRecording({ audio, requested: true }, dir ?? undefined, 'xtts');

  async function refused(reading: Promise<unknown>): Promise<ProviderError> {
    const error = await reading.then(
      () => new Error('it was read'),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(ProviderError);
    expect((error as Error).message).not.toContain(folder);
    return error as ProviderError;
  }

  it('reads a file of the voices folder by its name', async () => {
    const { bytes, fileName } = await requested('lin.wav');
    expect([Buffer.from(bytes).toString(), fileName]).toEqual(['sound', 'lin.wav']);
    writeFileSync(join(voicesDir, '女声 (1).WAV'), 'x');
    expect((await requested('女声 (1).WAV')).fileName).toBe('女声 (1).WAV');
  });

  it.each([
    '../secret.wav',
    '..\\secret.wav',
    '/etc/passwd',
    'sub/../../secret.wav',
    '.hidden.wav',
    'lin.wav\0.wav',
    'lin.txt',
    'C:secret.wav',
    'file:///x.wav',
    '',
    'a'.repeat(300),
  ])('a request cannot name %j', async (name) => {
    const fault = await refused(requested(name));
    expect(fault).toMatchObject({ ofRequest: true, retrySafe: false, part: 'voice', provider: 'xtts' });
    expect(fault.remedy).toContain('voices folder');
  });

  it('a link out of the folder is not followed, one inside is', async () => {
    symlinkSync(join(folder, 'secret.wav'), join(voicesDir, 'out.wav'));
    symlinkSync(join(voicesDir, 'lin.wav'), join(voicesDir, 'in.wav'));
    symlinkSync(folder, join(voicesDir, 'up.wav'));
    await refused(requested('out.wav'));
    await refused(requested('up.wav'));
    expect(Buffer.from((await requested('in.wav')).bytes).toString()).toBe('sound');
    // The folder itself may be one.
    symlinkSync(voicesDir, join(folder, 'alias'));
    expect((await requested('lin.wav', join(folder, 'alias'))).fileName).toBe('lin.wav');
  });

  it('without a voices folder a request names nothing', async () => {
    await refused(requested('lin.wav', null));
    await refused(requested('lin.wav', join(folder, 'absent')));
  });

  it('reads the path of the settings as it is', async () => {
    const own = (audio: string) => readRecording({ audio, requested: false }, undefined, 'xtts');
    expect(Buffer.from((await own(join(folder, 'secret.wav'))).bytes).toString()).toBe('secret');
    const fault = await refused(own(join(folder, 'absent.wav')));
    expect(fault).toMatchObject({ ofRequest: false, reason: 'there is no recording "absent.wav"' });
    expect(fault.remedy).toContain('--REF_FILE');
  });

  it('reads neither folders nor pipes, and nothing huge', async () => {
    mkdirSync(join(voicesDir, 'folder.wav'));
    await refused(requested('folder.wav'));
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(voicesDir, 'pipe.wav')]);
      await refused(requested('pipe.wav'));
    }
    writeFileSync(join(voicesDir, 'huge.wav'), '');
    truncateSync(join(voicesDir, 'huge.wav'), (16 << 20) + 1);
    expect((await refused(requested('huge.wav'))).reason).toContain('larger than 16 MB');
  });

  it('tells a changed recording from the one before', async () => {
    const before = await requested('lin.wav');
    expect((await requested('lin.wav')).key).toBe(before.key);
    writeFileSync(join(voicesDir, 'lin.wav'), 'other sound');
    expect((await requested('lin.wav')).key).not.toBe(before.key);
  });
});
