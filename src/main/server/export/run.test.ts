import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../testing/clapper';
import { mediaFacts } from '../../../../testing/media-facts';
import type { ExportFormat } from '../../../shared/export-formats';
import { counts } from '../metrics/native';
import { PartFile } from '../outputs/recorder/part-file';
import { Recorder } from '../outputs/recorder/recorder';
import { findFfmpeg } from './find-ffmpeg';
import { planExport } from './plan';
import { probeMedia } from './probe';
import { exportOptions } from './request';
import { runExport } from './run';

const ffmpeg = await findFfmpeg(undefined).catch(() => undefined);
if (!ffmpeg) console.warn('no ffmpeg here: exports are planned but not made (apt install ffmpeg)');

let dir: string;
let input: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "herald export ✂️ it's "));
  const clapper = await Clapper.open();
  const file = await PartFile.create(join(dir, 'in.mp4'));
  const recorder = new Recorder(file, { maxDurationMs: 60_000, minFreeBytes: 0 });
  await clapper.program.attach(recorder);
  await clapper.play(100);
  await recorder.close();
  await clapper.close();
  input = file.path;
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

async function make(wishes: object, signal = new AbortController().signal, onProgress = (_: number) => {}) {
  const options = exportOptions.parse(wishes);
  const cues = [{ startMs: 0, endMs: 3_000, lines: ["It's: a [test], 100%"] }];
  const plan = planExport(options, { path: input, cues, ...(await probeMedia(input)) });
  const out = join(dir, 'out', `made.${options.format}`);
  rmSync(out, { force: true });
  await runExport(plan, { ffmpegPath: ffmpeg!.path, input, out, signal, onProgress });
  return out;
}
const outFiles = () => (existsSync(join(dir, 'out')) ? readdirSync(join(dir, 'out')) : []);

describe.skipIf(!ffmpeg)('an export', () => {
  it.each<ExportFormat>(['mp4', 'webm', 'gif', 'm4a', 'mp3', 'wav'])('is made as %s', async (format) => {
    const seen: number[] = [];
    const out = await make({ format, endS: 2 }, undefined, (fraction) => seen.push(fraction));
    expect(outFiles()).toContain(`made.${format}`);
    for (const fraction of seen) expect(fraction).toBeLessThanOrEqual(1);
    if (format !== 'mp4') return;
    const { video, audio } = await mediaFacts(out);
    expect(video.pictures).toHaveLength(50);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
  });

  it('is trimmed, cropped and subtitled, whatever the names of its folders', async () => {
    const out = await make({ format: 'mp4', crop: 'portrait', startS: 1, endS: 3, subtitles: true });
    expect(await probeMedia(out)).toMatchObject({ widthPx: 36, heightPx: 64, durationMs: 2_000 });
  });

  it('is made at low priority: whoever is on air goes first', async () => {
    const priorities: number[] = [];
    const plan = planExport(exportOptions.parse({ format: 'wav' }), {
      path: input,
      cues: [],
      ...(await probeMedia(input)),
    });
    await runExport(plan, {
      ffmpegPath: ffmpeg!.path,
      input,
      out: join(dir, 'out', 'low.wav'),
      signal: new AbortController().signal,
      onProgress: () => {},
      onStart: (pid) => priorities.push(getPriority(pid)),
    });
    expect(priorities).toEqual([constants.priority.PRIORITY_LOW]);
  });

  it('leaves nothing when it is stopped or fails', async () => {
    rmSync(join(dir, 'out'), { recursive: true, force: true });
    const stop = new AbortController();
    const why = new Error('enough');
    setImmediate(() => stop.abort(why));
    await expect(make({ format: 'webm' }, stop.signal)).rejects.toBe(why);
    const broken = join(dir, 'broken.mp4');
    writeFileSync(broken, 'no film');
    const plan = planExport(exportOptions.parse({ format: 'mp4' }), {
      path: broken,
      cues: [],
      durationMs: 1_000,
      widthPx: 64,
      heightPx: 64,
    });
    const options = { ffmpegPath: ffmpeg!.path, input: broken, out: join(dir, 'out', 'x.mp4') };
    const signal = new AbortController().signal;
    await expect(runExport(plan, { ...options, signal, onProgress: () => {} })).rejects.toThrow(
      'ffmpeg could not make it',
    );
    expect(outFiles()).toEqual([]);
  });
});

it('an ffmpeg that is none is refused', async () => {
  await expect(findFfmpeg(join(dir, 'nothing'))).rejects.toThrow('--ffmpeg_path');
});
