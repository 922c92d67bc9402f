import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { I420Picture } from '../../avatar/avatar';
import { writeFileAtomic } from '../../config/atomic';
import { forkInfer, type InferProcess } from '../infer-process';
import type { LipModel } from '../model';
import type { Int8Job, Int8Verdict } from './job';

/** Raised whenever the same faces would give another network. */
const VERSION = 1;
/** Some of the way round the loop each. */
export const CALIBRATION_FACES = 6;

const grids = z.array(z.object({ scale: z.number(), zero: z.int() }));
const verdictSchema = z.object({ psnrDb: z.number(), grids: grids.optional() });

/**
 * The int8 decoder of a model for these faces: the one that was made before, or a new one, made in a process of its own and kept
 * beside the model.
 * @throws Error that says why it cannot be made; the signal's reason when aborted
 */
export async function int8For(
  model: LipModel,
  faces: I420Picture[],
  { signal, start = forkInfer }: { signal: AbortSignal; start?: () => InferProcess },
): Promise<Int8Verdict> {
  if (!model.fast) throw new Error(`${model.name} cannot be run in int8: ${model.withoutFast ?? 'no fast graphs'}.`);
  const key = createHash('sha256').update(`${VERSION} ${model.windowStartMs}`);
  for (const { widthPx, heightPx, data } of faces) key.update(`${widthPx}x${heightPx}`).update(data);
  const stem = join(dirname(model.fast.mouthFile), `int8-${key.digest('hex').slice(0, 16)}`);
  const [outFile, verdictFile] = [`${stem}.onnx`, `${stem}.json`];
  const before = readVerdict(verdictFile, outFile);
  if (before) return before;
  const verdict = await quantise({ model, faces, outFile }, signal, start);
  const { psnrDb, network } = verdict;
  writeFileAtomic(verdictFile, `${JSON.stringify({ psnrDb, ...(network && { grids: network.grids }) })}\n`, 0o644);
  return verdict;
}

function readVerdict(verdictFile: string, outFile: string): Int8Verdict | undefined {
  if (!existsSync(verdictFile)) return undefined;
  try {
    const { psnrDb, grids } = verdictSchema.parse(JSON.parse(readFileSync(verdictFile, 'utf8')));
    if (!grids) return { psnrDb };
    return existsSync(outFile) ? { psnrDb, network: { file: outFile, grids } } : undefined;
  } catch {
    return undefined; // made again
  }
}

function quantise(job: Int8Job, signal: AbortSignal, start: () => InferProcess): Promise<Int8Verdict> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const process = start();
    const abort = () => process.kill();
    signal.addEventListener('abort', abort, { once: true });
    let verdict: Int8Verdict | undefined;
    let refusal: string | undefined;
    process.onMessage((message) => {
      if (message.type === 'quantised') verdict = message.verdict;
      else if (message.type === 'refused') refusal = message.message;
      else return;
      process.kill();
    });
    // Not before it is gone: nothing of it is left when this is settled.
    process.onExit((why) => {
      signal.removeEventListener('abort', abort);
      if (verdict) resolve(verdict);
      else if (signal.aborted) reject(signal.reason);
      else reject(new Error(refusal ?? `the process that makes it ended (${why})`));
    });
    process.send({ type: 'quantise', job });
  });
}
