import type { PickleGlobal } from './pickle';
import { broken } from './pickle-bytes';
import { NUMPY_SCALARS } from './pickle-globals';

/** Storage types as torch names them, with the bytes of one element. */
const STORAGES = {
  FloatStorage: { dtype: 'float32', elementBytes: 4 },
  DoubleStorage: { dtype: 'float64', elementBytes: 8 },
  HalfStorage: { dtype: 'float16', elementBytes: 2 },
  BFloat16Storage: { dtype: 'bfloat16', elementBytes: 2 },
  LongStorage: { dtype: 'int64', elementBytes: 8 },
  IntStorage: { dtype: 'int32', elementBytes: 4 },
  ShortStorage: { dtype: 'int16', elementBytes: 2 },
  CharStorage: { dtype: 'int8', elementBytes: 1 },
  ByteStorage: { dtype: 'uint8', elementBytes: 1 },
  BoolStorage: { dtype: 'bool', elementBytes: 1 },
} as const;

export type DType = (typeof STORAGES)[keyof typeof STORAGES]['dtype'];

/** A run of numbers outside the pickle; tensors are views of it. */
export interface Storage {
  key: string;
  dtype: DType;
  elementBytes: number;
  elements: number;
}

/** What the pickle says about a tensor; the numbers stay in the file. */
export class TensorInfo {
  readonly elements: number;

  constructor(
    readonly storage: Storage,
    /** In elements, as are the strides. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    this.elements = shape.reduce((product, size) => product * size, 1);
  }

  /** Whether its numbers stand in the file in row-major order, without gaps. */
  get contiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== expected) return false;
      expected *= this.shape[axis]!;
    }
    return true;
  }
}

const MAX_AXES = 8;
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= MAX_AXES && value.every(isSize);

function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): TensorInfo {
  if (
    !isStorage(storage) ||
    !isSize(offset) ||
    !isSizes(shape) ||
    !isSizes(strides) ||
    shape.length !== strides.length
  ) {
    throw broken('a tensor without a proper description');
  }
  // The list that the pickle made could still be changed by it.
  const tensor = new TensorInfo(storage, offset, [...shape], [...strides]);
  const last = shape.reduce((sum, size, axis) => sum + Math.max(0, size - 1) * strides[axis]!, offset);
  if (!Number.isSafeInteger(tensor.elements) || (tensor.elements > 0 && last >= storage.elements)) {
    throw broken('a tensor that is larger than its data');
  }
  return tensor;
}

const storages = new WeakSet<object>();
const isStorage = (value: unknown): value is Storage =>
  typeof value === 'object' && value !== null && storages.has(value);

/**
 * What a checkpoint may name: tensors, ordered dicts and numbers. Everything else a pickle can name is a program.
 */
export const TORCH_GLOBALS: Readonly<Record<string, PickleGlobal>> = {
  ...NUMPY_SCALARS,
  'collections OrderedDict': {
    construct([pairs = []], charge) {
      if (!Array.isArray(pairs)) throw broken('an ordered dict of something else than pairs');
      charge(pairs.length * 64);
      const dict = new Map<unknown, unknown>();
      for (const pair of pairs) {
        if (!Array.isArray(pair) || pair.length !== 2) throw broken('an ordered dict of something else than pairs');
        dict.set(pair[0], pair[1]);
      }
      return dict;
    },
  },
  'torch._utils _rebuild_tensor': { construct: rebuildTensor },
  'torch._utils _rebuild_tensor_v2': { construct: rebuildTensor },
  'torch._utils _rebuild_parameter': { construct: ([tensor]) => tensor },
  'torch Size': { construct: ([sizes]) => sizes },
  ...Object.fromEntries(Object.keys(STORAGES).map((name) => [`torch ${name}`, {}])),
};

/**
 * Resolves torch's persistent ids, `('storage', type, key, location, elements[, view])`, one Storage for each key.
 * @throws PickleError for ids of another form
 */
export class StorageTable {
  readonly byKey = new Map<string, Storage>();

  readonly load = (id: unknown): Storage => {
    const [tag, type, key, , elements, view = null] = Array.isArray(id) ? id : [];
    const name = String((type as { name?: unknown } | undefined)?.name).replace('torch ', '');
    if (tag !== 'storage' || !Object.hasOwn(STORAGES, name) || typeof key !== 'string' || !isSize(elements)) {
      throw broken('a reference to data of an unknown kind');
    }
    if (view !== null)
      throw broken('a view of another storage, as torch before 0.4 wrote it. Save it with a newer torch');
    const { dtype, elementBytes } = STORAGES[name as keyof typeof STORAGES];
    const known = this.byKey.get(key);
    if (known) {
      if (known.dtype !== dtype || known.elements !== elements) throw broken('two descriptions of the same data');
      return known;
    }
    const storage: Storage = { key, dtype, elementBytes, elements };
    storages.add(storage);
    this.byKey.set(key, storage);
    return storage;
  };
}
