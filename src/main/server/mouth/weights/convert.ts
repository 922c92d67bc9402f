import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { forkEntry, LastWords, untilEnded } from '../../child';
import { HeraldError } from '../../errors';
import type { ConvertProgress } from './convert-job';
import type { FromConverter, ToConverter } from './convert-messages';
import type { ConvertedModel } from './model-info';

export type { ConvertProgress, ConvertStage } from './convert-job';
export type { ConvertedModel, ModelInfo } from './model-info';

export interface ConvertOptions {
  onProgress?(progress: ConvertProgress): void;
  /** Aborting ends the converter at once and leaves nothing behind. */
  signal?: AbortSignal;
}

const WORK_PREFIX = '.converting-';
const STALE_WORK_MS = 24 * 3_600_000;
const KEPT_ERROR_CHARS = 500;

/**
 * Makes a lip model of a `.pth` checkpoint of Wav2Lip (96, 256 or 384), or checks and takes over an `.onnx` file of the same
 * contract, in a process of its own. The result lies in `outDir/<start of the file's SHA-256>/` (full.onnx, fast-face.onnx,
 * fast-mouth.onnx, fast-mouth-quick.onnx, model.json) and appears there whole. A file that was converted before is only hashed and answered.
 *
 * @throws HeraldError that says what is wrong with the file, or that the converter died; the signal's reason when aborted
 */
export async function convertCheckpoint(
  file: string,
  outDir: string,
  { onProgress = () => {}, signal }: ConvertOptions = {},
): Promise<ConvertedModel> {
  signal?.throwIfAborted();
  const root = resolve(outDir);
  await mkdir(root, { recursive: true });
  await removeStaleWork(root);
  const workDir = join(root, `${WORK_PREFIX}${randomBytes(6).toString('hex')}`);
  const child = forkEntry('convert', 'convert-process', { stderr: true, lowPriority: true });
  try {
    return await answerOf(
      child,
      { type: 'convert', job: { file: resolve(file), outDir: root, workDir } },
      onProgress,
      signal,
    );
  } finally {
    await ended(child);
    await rm(workDir, { recursive: true, force: true });
  }
}

function answerOf(
  child: ChildProcess,
  request: ToConverter,
  onProgress: (progress: ConvertProgress) => void,
  signal: AbortSignal | undefined,
): Promise<ConvertedModel> {
  const name = basename(request.job.file);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const lastWords = new LastWords(child, KEPT_ERROR_CHARS);
    child.on('message', (message: FromConverter) => {
      if (message.type === 'progress') onProgress({ stage: message.stage, fraction: message.fraction });
      else if (message.type === 'converted') resolve(message.model);
      else
        reject(
          new HeraldError(
            message.kind ?? 'refused',
            message.kind ? message.message : `${name} could not be converted: ${message.message}.`,
          ),
        );
    });
    const died = (why: string) => {
      signal?.removeEventListener('abort', abort);
      const words = lastWords.lastLine;
      reject(
        new HeraldError(
          'refused',
          `${name} could not be converted: the converter stopped (${why}${words ? `: ${words}` : ''}). Is there enough memory and disk?`,
        ),
      );
    };
    void untilEnded(child).then(died);
    child.send(request, () => {}); // a child that has just died says so by `exit`
  });
}

/** The converter's end, helped along: what it would still write must not land after its folder is removed. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

/** What a crash of the whole server left behind: up to 2 GB each. */
async function removeStaleWork(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(WORK_PREFIX)) continue;
    const folder = join(root, name);
    const age = Date.now() - ((await stat(folder).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > STALE_WORK_MS) await rm(folder, { recursive: true, force: true });
  }
}
