import { createHash } from 'node:crypto';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../../config/atomic';
import { HeraldError } from '../../errors';
import { describeModel } from '../model';
import { FileReader } from './file-reader';
import { type ConvertedModel, MODEL_INFO_VERSION, type ModelInfo, modelInfoSchema, readModelInfo } from './model-info';
import type { OnnxGraph } from './onnx-writer';
import { TorchCheckpoint } from './torch-checkpoint';
import { recogniseWav2Lip, type Wav2Lip } from './wav2lip';
import { fastFaceGraph, fastMouthGraph, fullGraph, keptTensors } from './wav2lip-graph';

export type ConvertStage = 'reading' | 'writing' | 'checking';

export interface ConvertProgress {
  stage: ConvertStage;
  /** Of the whole conversion, 0 to 1; it never goes back. */
  fraction: number;
}

export interface ConvertJob {
  file: string;
  outDir: string;
  /** Where to work, beside the result; removed by whoever gave it, if it is still there in the end. */
  workDir: string;
}

/** [t - 40, t + 160] ms on the 12.5 ms grid of mel frames: what Wav2Lip was trained on. */
const WAV2LIP_WINDOW_START_MS = -37.5;
/** How the bar is shared out, about as the time is. */
const [READ, WRITTEN, CHECKED] = [0.1, 0.6, 1];

/**
 * Converts in this process: it blocks for seconds, because ONNX Runtime does; `convertCheckpoint` runs it in one of its own.
 * @throws HeraldError that says what is wrong with the file
 */
export async function runConvertJob(
  job: ConvertJob,
  onProgress: (progress: ConvertProgress) => void,
): Promise<ConvertedModel> {
  return job.file.toLowerCase().endsWith('.onnx') ? adoptOnnx(job, onProgress) : convertPth(job, onProgress);
}

async function convertPth(job: ConvertJob, onProgress: (progress: ConvertProgress) => void): Promise<ConvertedModel> {
  const checkpoint = await TorchCheckpoint.open(job.file);
  try {
    // What it is comes first: hashing hundreds of megabytes of something else would only delay the answer.
    const network = recogniseWav2Lip(checkpoint);
    const source = await describeSource(job.file, (part) => onProgress({ stage: 'reading', fraction: READ * part }));
    const done = findConverted(job, source.sha256);
    if (done) return done;
    await mkdir(job.workDir, { recursive: true });
    const sizes = await writeGraphs(job.workDir, checkpoint, network, (part) =>
      onProgress({ stage: 'writing', fraction: READ + (WRITTEN - READ) * part }),
    );
    onProgress({ stage: 'checking', fraction: WRITTEN });
    const { faceSizePx, variant } = network.layout;
    // Only now: whoever finds the result in the cache need not load ONNX Runtime.
    const { compareFastWithFull } = await import('./self-check');
    const [selfCheck, quickCheck] = await compareFastWithFull(job.workDir, faceSizePx).catch((error: Error) => {
      throw checkpoint.refuse(`was converted, but does not run: ${error.message}. Copy or download it again`);
    });
    const info: ModelInfo = {
      version: MODEL_INFO_VERSION,
      variant,
      faceSizePx,
      parameters: network.parameters,
      windowStartMs: WAV2LIP_WINDOW_START_MS,
      source,
      full: { ...sizes.full, output: 'out' },
      fast: {
        face: sizes.face,
        mouth: sizes.mouth,
        firstRow: faceSizePx / 2,
        kept: keptTensors(network),
        selfCheck,
        quick: { ...sizes.quick, selfCheck: quickCheck },
      },
    };
    return await publish(job, info, onProgress);
  } finally {
    await checkpoint.close();
  }
}

async function adoptOnnx(job: ConvertJob, onProgress: (progress: ConvertProgress) => void): Promise<ConvertedModel> {
  const name = basename(job.file);
  const source = await describeSource(job.file, (part) => onProgress({ stage: 'reading', fraction: READ * part }));
  const done = findConverted(job, source.sha256);
  if (done) return done;
  const { windowStartMs } = describeModel(job.file);
  onProgress({ stage: 'checking', fraction: READ });
  const { checkReadyOnnx } = await import('./ready-onnx');
  const { faceSizePx, output } = await checkReadyOnnx(job.file, source.sizeBytes).catch((error: Error) => {
    throw new HeraldError('refused', `${name} ${error.message}.`);
  });
  onProgress({ stage: 'writing', fraction: WRITTEN });
  await mkdir(job.workDir, { recursive: true });
  await copyFile(job.file, join(job.workDir, 'full.onnx'));
  const info: ModelInfo = {
    version: MODEL_INFO_VERSION,
    variant: 'onnx',
    faceSizePx,
    parameters: null,
    windowStartMs,
    source,
    full: { file: 'full.onnx', sizeBytes: source.sizeBytes, output },
    fast: null,
  };
  return publish(job, info, onProgress);
}

async function describeSource(file: string, onPart: (part: number) => void): Promise<ModelInfo['source']> {
  const name = basename(file);
  const reader = await FileReader.open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new HeraldError('not-found', `${name} was not found. Check the path.`);
    throw new HeraldError('refused', `${name} cannot be read: ${error.message}.`);
  });
  try {
    const hash = createHash('sha256');
    let read = 0;
    for await (const piece of reader.pieces(0, reader.sizeBytes)) {
      hash.update(piece);
      onPart((read += piece.length) / reader.sizeBytes);
    }
    return { name, sha256: hash.digest('hex'), sizeBytes: reader.sizeBytes };
  } finally {
    await reader.close();
  }
}

async function writeGraphs(
  folder: string,
  checkpoint: TorchCheckpoint,
  network: Wav2Lip,
  onPart: (part: number) => void,
): Promise<Record<'full' | 'face' | 'mouth' | 'quick', { file: string; sizeBytes: number }>> {
  let before = 0;
  // The face's graph and either of the mouth's together hold what the full one holds.
  const write = async (graph: OnnxGraph, file: string, share: number) => {
    const sizeBytes = await graph.write(join(folder, file), (written, total) =>
      onPart(before + (share * written) / total),
    );
    before += share;
    return { file, sizeBytes };
  };
  return {
    full: await write(fullGraph(checkpoint, network), 'full.onnx', 0.4),
    face: await write(fastFaceGraph(checkpoint, network), 'fast-face.onnx', 0.2),
    mouth: await write(fastMouthGraph(checkpoint, network), 'fast-mouth.onnx', 0.2),
    quick: await write(fastMouthGraph(checkpoint, network, 'quick'), 'fast-mouth-quick.onnx', 0.2),
  };
}

/** The result's folder is named by the file's content, so the same weights under any name are converted once. */
const folderFor = (job: ConvertJob, sha256: string) => join(job.outDir, sha256.slice(0, 16));

function findConverted(job: ConvertJob, sha256: string): ConvertedModel | undefined {
  const folder = folderFor(job, sha256);
  const info = readModelInfo(folder);
  return info?.source.sha256 === sha256 ? { folder, info } : undefined;
}

/** Moves the finished folder into place: a reader, or a crash, sees all of it or none. */
async function publish(
  job: ConvertJob,
  info: ModelInfo,
  onProgress: (progress: ConvertProgress) => void,
): Promise<ConvertedModel> {
  writeFileAtomic(join(job.workDir, 'model.json'), `${JSON.stringify(modelInfoSchema.parse(info), null, 2)}\n`, 0o644);
  const folder = folderFor(job, info.source.sha256);
  try {
    await rename(job.workDir, folder);
  } catch (error) {
    // Either another conversion of the same file was faster, or what is there is broken and in the way.
    const done = findConverted(job, info.source.sha256);
    if (done) return done;
    if (!(await stat(folder).catch(() => undefined))) throw error;
    await rm(folder, { recursive: true });
    await rename(job.workDir, folder);
  }
  onProgress({ stage: 'checking', fraction: CHECKED });
  return { folder, info };
}
