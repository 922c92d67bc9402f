/** How a sample is written, little-endian: what WAV files and voice servers use. */
export type SampleEncoding = 'u8' | 's16' | 's24' | 's32' | 'f32';

export interface PcmLayout {
  encoding: SampleEncoding;
  /** Interleaved; mixed down to one by their mean, which cannot clip. */
  channels: number;
}

const SAMPLE_BYTES: Record<SampleEncoding, number> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4 };

const READERS: Record<SampleEncoding, (view: DataView, at: number) => number> = {
  u8: (view, at) => (view.getUint8(at) - 128) / 128,
  s16: (view, at) => view.getInt16(at, true) / 32_768,
  // The third byte carries the sign.
  s24: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608,
  s32: (view, at) => view.getInt32(at, true) / 2_147_483_648,
  f32: (view, at) => view.getFloat32(at, true),
};

/**
 * Bytes as they come from a socket -> mono samples in [-1, 1]. A socket cuts anywhere: the bytes of an unfinished sample
 * wait for the next call, else every later sample would be read from two halves, which is loud noise.
 */
export class PcmStream {
  readonly #layout: PcmLayout;
  readonly #frameBytes: number;
  #carried: Uint8Array = new Uint8Array(0);

  constructor(layout: PcmLayout = { encoding: 's16', channels: 1 }) {
    this.#layout = layout;
    this.#frameBytes = SAMPLE_BYTES[layout.encoding] * layout.channels;
  }

  push(bytes: Uint8Array): Float32Array {
    const all = this.#carried.length === 0 ? bytes : Buffer.concat([this.#carried, bytes]);
    const frames = Math.floor(all.length / this.#frameBytes);
    // A copy: what is carried must not keep a whole network buffer alive.
    this.#carried = Uint8Array.from(all.subarray(frames * this.#frameBytes));

    const { encoding, channels } = this.#layout;
    const read = READERS[encoding];
    const width = SAMPLE_BYTES[encoding];
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const samples = new Float32Array(frames);
    for (let i = 0; i < frames; i++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) {
        sum += read(view, i * this.#frameBytes + channel * width);
      }
      const x = sum / channels;
      // Float files may hold anything; NaN would poison every filter behind us.
      samples[i] = x > 1 ? 1 : x < -1 ? -1 : Number.isNaN(x) ? 0 : x;
    }
    return samples;
  }
}
