import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import ffmpeg from 'fluent-ffmpeg';
import { lowerPriority } from '../child';
import { HeraldError } from '../errors';
import { track } from '../metrics/native';
import { type ExportPlan, SUBTITLES_FILE } from './plan';

export interface RunOptions {
  /** A path, or a name on the PATH. */
  ffmpegPath: string;
  input: string;
  out: string;
  signal: AbortSignal;
  onProgress(fraction: number): void;
  /** ffmpeg runs, in the process of this number. */
  onStart?(pid: number | undefined): void;
  /** An ffmpeg that reports nothing for so long is stuck. */
  silenceLimitMs?: number;
}

const SILENCE_LIMIT_MS = 120_000;
/** Most of its output is about what it does; the reason stands at the end. */
const REASON_LINES = 3;

/**
 * Lets ffmpeg do what was planned. It writes under another name; there is the whole file at the end, or none.
 * @throws HeraldError('refused') with ffmpeg's own words; the signal's reason when aborted
 */
export async function runExport(plan: ExportPlan, options: RunOptions): Promise<{ bytes: number }> {
  const { input, out, signal } = options;
  signal.throwIfAborted();
  await mkdir(dirname(out), { recursive: true });
  const part = join(dirname(out), `.${basename(out)}.part`);
  // It works in a folder of its own, where the subtitles have a name that needs no quoting inside a filter.
  const workDir = await mkdtemp(join(tmpdir(), 'herald-export-'));
  try {
    if (plan.subtitles !== undefined) await writeFile(join(workDir, SUBTITLES_FILE), plan.subtitles);
    await convert(plan, { ...options, input: resolve(input), part: resolve(part), workDir });
    const { size: bytes } = await stat(part);
    if (bytes === 0) throw new HeraldError('refused', 'ffmpeg made an empty file: there is nothing in this part of it');
    await rename(part, out);
    return { bytes };
  } finally {
    await Promise.allSettled([rm(part, { force: true }), rm(workDir, { recursive: true, force: true })]);
  }
}

function convert(plan: ExportPlan, options: RunOptions & { part: string; workDir: string }): Promise<void> {
  const { ffmpegPath, input, part, workDir, signal, onProgress, silenceLimitMs = SILENCE_LIMIT_MS } = options;
  const command = ffmpeg({ cwd: workDir } as ffmpeg.FfmpegCommandOptions)
    .setFfmpegPath(isAbsolute(ffmpegPath) || !/[\\/]/.test(ffmpegPath) ? ffmpegPath : resolve(ffmpegPath))
    .input(input)
    .inputOptions([...plan.inputOptions, '-protocol_whitelist', 'file'])
    .outputOptions(plan.outputOptions)
    .format(plan.muxer)
    .output(part);
  if (plan.filter !== undefined) command.complexFilter(plan.filter);
  const untrack = track('ffmpeg-process');
  return new Promise<void>((done, fail) => {
    let stuck = false;
    const watchdog = setTimeout(() => {
      stuck = true;
      command.kill('SIGKILL');
    }, silenceLimitMs);
    const onAbort = () => command.kill('SIGKILL');
    const end = (error?: unknown) => {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', onAbort);
      untrack();
      if (error === undefined) done();
      else fail(signal.aborted ? signal.reason : error);
    };
    command
      .on('start', () => {
        const { pid } = (command as unknown as { ffmpegProc: ChildProcess }).ffmpegProc;
        lowerPriority(pid); // fluent-ffmpeg's `niceness` does nothing on Windows
        options.onStart?.(pid);
        if (signal.aborted) onAbort();
      })
      .on('progress', ({ timemark }: { timemark?: string }) => {
        watchdog.refresh();
        const ms = timemarkMs(timemark);
        if (ms !== undefined) onProgress(Math.min(1, ms / plan.durationMs));
      })
      .on('end', () => end())
      .on('error', (_error: Error, _stdout: string | null, stderr: string | null) => {
        const limit = Math.round(silenceLimitMs / 1_000);
        const why = stuck ? `it was silent for ${limit} s` : reasonIn(stderr ?? '') || _error.message;
        end(new HeraldError('refused', `ffmpeg could not make it: ${why}`));
      });
    signal.addEventListener('abort', onAbort, { once: true });
    command.run();
  });
}

/** `00:01:02.50`; before the first picture ffmpeg says N/A. */
export function timemarkMs(mark: string | undefined): number | undefined {
  const [, h, m, s] = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(mark ?? '') ?? [];
  return s === undefined ? undefined : Math.round((Number(h) * 3_600 + Number(m) * 60 + Number(s)) * 1_000);
}

const reasonIn = (stderr: string): string =>
  stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(frame|size)=/.test(line))
    .slice(-REASON_LINES)
    .join(' | ');
