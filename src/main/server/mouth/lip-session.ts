import { basename } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { MEL_BANDS, MEL_WINDOW_FRAMES } from '../features/mel';
import type { ProviderName } from './providers';

/** @param threads of a CPU that share each picture (threads.ts says how many) */
export function openLipSession(file: string, provider: ProviderName = 'cpu', threads = 1): Promise<InferenceSession> {
  return InferenceSession.create(file, {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4, // errors are thrown; printed as well they would be shown twice
    // A thread that spins while it waits burns a core in silence, and in speech the core that encodes the picture before.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
}

/**
 * @returns S of the mouth's contract
 * @throws Error that names the file when its graph does not keep the contract
 */
export function faceSizeOf(session: InferenceSession, file: string, output: string): number {
  const wrong = (what: string) =>
    new Error(
      `${basename(file)} is not a lip model: ${what} (wanted mel [N,1,80,16], face [N,6,S,S] -> ${output} [N,3,S,S])`,
    );
  const shape = (metadata: readonly InferenceSession.ValueMetadata[], name: string) => {
    const found = metadata.find((value) => value.name === name);
    if (!found?.isTensor) throw wrong(`it has no ${name}`);
    return found.shape;
  };
  const [, one, bands, frames] = shape(session.inputMetadata, 'mel');
  const [, six, height, width] = shape(session.inputMetadata, 'face');
  shape(session.outputMetadata, output);
  if (one !== 1 || bands !== MEL_BANDS || frames !== MEL_WINDOW_FRAMES) throw wrong('mel has another shape');
  if (six !== 6 || typeof width !== 'number' || width !== height || width % 2 !== 0 || width < 16) {
    throw wrong('face has another shape');
  }
  return width;
}
