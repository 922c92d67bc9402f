import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { HeraldError } from '../../errors';
import { FileError, FileReader } from './file-reader';
import { PickleError } from './pickle';
import { readLegacy } from './torch-legacy';
import type { StorageData } from './torch-parts';
import { type DType, TensorInfo } from './torch-storage';
import { readArchive } from './torch-zip';
import { ZipError } from './zip';

/** How to write, in Python, what can be read here. */
const SAVE_AS_FLOAT32 =
  "torch.save({'state_dict': {k: v.float().contiguous() for k, v in state_dict.items()}}, 'new.pth')";

/**
 * The tensors of a `.pth` file, zip (torch >= 1.6) or legacy. Opening reads names and shapes; numbers are read one tensor at a
 * time. Nothing that the file names is ever run.
 */
export class TorchCheckpoint {
  private readonly checked = new Set<string>();

  private constructor(
    private readonly file: FileReader,
    readonly name: string,
    /** By name, without DataParallel's `module.` prefix. */
    readonly tensors: ReadonlyMap<string, TensorInfo>,
    private readonly data: ReadonlyMap<string, StorageData>,
  ) {}

  /** @throws HeraldError('refused') that says what the file is, or what is wrong with it, and what to do */
  static async open(path: string): Promise<TorchCheckpoint> {
    const name = basename(path);
    let file: FileReader | undefined;
    try {
      file = await FileReader.open(path);
      const head = await file.read(0, Math.min(512, file.sizeBytes));
      const { value, storages } = isZip(head) ? await readArchive(file) : await readLegacy(file, head);
      return new TorchCheckpoint(file, name, findTensors(value), storages);
    } catch (error) {
      await file?.close();
      throw refusal(name, error);
    }
  }

  /** @throws HeraldError('refused') unless the tensor is there, float32 and stored without gaps */
  float32Info(tensorName: string): TensorInfo {
    const tensor = this.tensors.get(tensorName);
    if (!tensor) throw this.refuse(`has no tensor ${tensorName}`);
    const { dtype } = tensor.storage;
    if (dtype !== 'float32') {
      throw this.refuse(
        `holds ${dtypeName(dtype)} weights; Herald reads float32. Get the float32 file, or ${SAVE_AS_FLOAT32}`,
      );
    }
    if (!tensor.contiguous) {
      throw this.refuse(`stores ${tensorName} as a transposed or cut view. Save it again: ${SAVE_AS_FLOAT32}`);
    }
    return tensor;
  }

  /**
   * The numbers of a float32 tensor in row-major order, in memory of their own.
   * @throws HeraldError('refused') as `float32Info`, and when the file's checksum says that they are damaged
   */
  async readFloat32(tensorName: string): Promise<Float32Array<ArrayBuffer>> {
    const { storage, offset, elements } = this.float32Info(tensorName);
    try {
      const { offset: fileOffset, crc32: expected } = this.data.get(storage.key)!;
      const numbers = new Float32Array(elements);
      const bytes = new Uint8Array(numbers.buffer);
      await this.file.readInto(bytes, fileOffset + offset * storage.elementBytes);
      if (expected !== 0 && !this.checked.has(storage.key)) {
        const whole = elements === storage.elements;
        const actual = whole ? crc32(bytes) : await this.checksum(fileOffset, storage.elements * storage.elementBytes);
        if (actual !== expected)
          throw new ZipError(`is damaged: the numbers of ${tensorName} fail their checksum. Copy or download it again`);
        this.checked.add(storage.key);
      }
      return numbers;
    } catch (error) {
      throw refusal(this.name, error);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** An error about this file. `what` goes on after its name. */
  refuse(what: string): HeraldError {
    return new HeraldError('refused', `${this.name} ${what}.`);
  }

  private async checksum(offset: number, length: number): Promise<number> {
    let sum = 0;
    for await (const piece of this.file.pieces(offset, length)) sum = crc32(piece, sum);
    return sum;
  }
}

const isZip = (head: Buffer) => head.length >= 4 && head.readUInt32BE(0) === 0x504b0304;

/** The names under which training scripts keep the weights; a file may also be the state dict itself. */
const STATE_DICT_KEYS = ['state_dict', 'model_state_dict', 'model'];

function findTensors(value: unknown): Map<string, TensorInfo> {
  if (!(value instanceof Map)) throw new PickleError('holds no state_dict: it has no named tensors');
  const nested = STATE_DICT_KEYS.map((key) => value.get(key)).find((inner) => inner instanceof Map);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of (nested ?? value) as Map<unknown, unknown>) {
    if (typeof name !== 'string' || !(tensor instanceof TensorInfo)) continue;
    const bare = name.replace(/^module\./, '');
    if (!tensors.has(bare)) tensors.set(bare, tensor);
  }
  if (tensors.size === 0) throw new PickleError('holds no state_dict: it has no named tensors');
  return tensors;
}

function dtypeName(dtype: DType): string {
  return { float16: 'half precision (float16)', bfloat16: 'half precision (bfloat16)' }[dtype as string] ?? dtype;
}

/** Errors of the reader as one sentence that starts with the file's name; anything else is a fault of ours and passes. */
function refusal(name: string, error: unknown): unknown {
  if (error instanceof HeraldError) return error;
  if (error instanceof PickleError || error instanceof ZipError || error instanceof FileError) {
    return new HeraldError('refused', `${name} ${error.message}.`);
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT') return new HeraldError('not-found', `${name} was not found. Check the path.`);
  if (code !== undefined) return new HeraldError('refused', `${name} cannot be read: ${(error as Error).message}.`);
  return error;
}
