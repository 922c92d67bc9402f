import type { KeptShape } from './model';

/** A kept tensor of one face as it lies in memory. */
export interface StoredTensor {
  data: Uint8Array | Uint16Array | Float32Array;
  /** Per channel: value = low + step * data. Absent where the data is what the network is fed. */
  low?: Float32Array;
  step?: Float32Array;
}

/** How the features of a face are kept between its pictures, and fed to the network again. */
export interface KeptCodec {
  /** For people: how many bits a value takes. */
  readonly bits: 8 | 16 | 32;
  /** Of the network's input. */
  readonly tensorType: 'float32' | 'uint8';
  /** @param tensor its place among the kept tensors */
  encode(values: Float32Array, tensor: number): StoredTensor;
  /** Writes the tensor at `at` of the network's input. */
  decode(stored: StoredTensor, tensor: number, input: Float32Array | Uint8Array, at: number): void;
}

export const storedBytes = ({ data, low, step }: StoredTensor): number =>
  data.byteLength + (low?.byteLength ?? 0) + (step?.byteLength ?? 0);

/** As they are. */
export const plainCodec: KeptCodec = {
  bits: 32,
  tensorType: 'float32',
  encode: (values) => ({ data: values.slice() }),
  decode: ({ data }, _tensor, input, at) => input.set(data, at),
};

/** A grid of 256 or 65536 steps between the least and the greatest value of each channel: a quarter or half of the memory. */
export class ChannelCodec implements KeptCodec {
  readonly tensorType = 'float32';

  constructor(
    readonly bits: 8 | 16,
    private readonly kept: readonly KeptShape[],
  ) {}

  encode(values: Float32Array, tensor: number): StoredTensor {
    const [channels, rows, columns] = this.kept[tensor]!.shape;
    const plane = rows * columns;
    const data = this.bits === 8 ? new Uint8Array(values.length) : new Uint16Array(values.length);
    const low = new Float32Array(channels);
    const step = new Float32Array(channels);
    for (let channel = 0, from = 0; channel < channels; channel++, from += plane) {
      let [least, most] = [values[from]!, values[from]!];
      for (let i = from; i < from + plane; i++) {
        if (values[i]! < least) least = values[i]!;
        if (values[i]! > most) most = values[i]!;
      }
      low[channel] = least;
      step[channel] = (most - least) / (2 ** this.bits - 1);
      if (step[channel] === 0) continue; // all alike
      for (let i = from; i < from + plane; i++) data[i] = Math.round((values[i]! - least) / step[channel]!);
    }
    return { data, low, step };
  }

  decode({ data, low, step }: StoredTensor, tensor: number, input: Float32Array | Uint8Array, at: number): void {
    const [channels, rows, columns] = this.kept[tensor]!.shape;
    const plane = rows * columns;
    for (let channel = 0, from = 0; channel < channels; channel++) {
      const [base, by] = [low![channel]!, step![channel]!];
      for (const end = from + plane; from < end; from++) input[at + from] = base + by * data[from]!;
    }
  }
}

/** One grid for a whole tensor, the one of an int8 network, which takes the bytes themselves. */
export class GridCodec implements KeptCodec {
  readonly bits = 8;
  readonly tensorType = 'uint8';

  constructor(private readonly grids: readonly { scale: number; zero: number }[]) {}

  encode(values: Float32Array, tensor: number): StoredTensor {
    const { scale, zero } = this.grids[tensor]!;
    const data = new Uint8Array(values.length);
    for (let i = 0; i < values.length; i++) {
      data[i] = Math.min(255, Math.max(0, Math.round(values[i]! / scale) + zero));
    }
    return { data };
  }

  decode({ data }: StoredTensor, _tensor: number, input: Float32Array | Uint8Array, at: number): void {
    input.set(data, at);
  }
}
