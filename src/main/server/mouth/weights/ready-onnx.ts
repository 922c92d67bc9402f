import { readFile } from 'node:fs/promises';
import type { InferenceSession } from 'onnxruntime-node';
import { checkInputs, openSession } from './self-check';

const CONTRACT = 'mel [N,1,80,16], face [N,6,S,S] -> one output [N,3,S,S], all float32';
const MAX_ONNX_BYTES = 2 ** 31 - 1;

export interface ReadyModel {
  faceSizePx: number;
  output: string;
}

/**
 * Whether an ONNX file keeps the mouth's contract: by what it declares, and by one run.
 * @throws Error with what is wrong, as the end of a sentence that starts with the file's name
 */
export async function checkReadyOnnx(file: string, sizeBytes: number): Promise<ReadyModel> {
  if (sizeBytes > MAX_ONNX_BYTES) throw new Error('is too large for an ONNX file of one piece');
  let session: InferenceSession;
  try {
    // From memory: a model from a path could name other files to be read beside it.
    session = await openSession(await readFile(file));
  } catch (error) {
    throw new Error(`cannot be loaded by ONNX Runtime: ${firstLine(error)}`);
  }
  try {
    return await checkContract(session);
  } finally {
    await session.release();
  }
}

async function checkContract(session: InferenceSession): Promise<ReadyModel> {
  const wrong = (what: string) => new Error(`is not a lip model: ${what} (wanted ${CONTRACT})`);
  const input = (name: string) => {
    const found = session.inputMetadata.find((value) => value.name === name);
    if (!found?.isTensor || found.type !== 'float32') throw wrong(`it has no float32 input ${name}`);
    return found.shape;
  };
  const [mel, face] = [input('mel'), input('face')];
  if (session.inputNames.length !== 2) throw wrong(`it has ${session.inputNames.length} inputs`);
  if (session.outputNames.length !== 1) throw wrong(`it has ${session.outputNames.length} outputs`);
  const size = face[2];
  if (mel.length !== 4 || mel.slice(1).join() !== '1,80,16') throw wrong(`mel is [${mel.join(', ')}]`);
  const square = typeof size === 'number' && face.length === 4 && face[1] === 6 && face[3] === size;
  if (!square || size % 2 !== 0 || size < 16 || size > 1_024) throw wrong(`face is [${face.join(', ')}]`);
  const output = session.outputNames[0]!;
  let result: InferenceSession.ReturnType;
  try {
    const inputs = checkInputs(size);
    result = await session.run({ mel: inputs.mel, face: inputs.face });
  } catch (error) {
    throw wrong(`one run of it failed: ${firstLine(error)}`);
  }
  const { dims, type, data } = result[output]!;
  if (type !== 'float32' || dims.join() !== [1, 3, size, size].join()) throw wrong(`${output} is [${dims.join(', ')}]`);
  if (!(data as Float32Array).every(Number.isFinite)) throw wrong('it gives numbers that are not finite');
  return { faceSizePx: size, output };
}

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.slice(0, 300).replace(/\.+$/, '');
