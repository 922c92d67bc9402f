import type { PcmChunk } from './frame';

/** Cuts PCM of any chunking into blocks of exactly `size` samples. Holds less than one block. */
export class Framer {
  #block: Float32Array;
  #filled = 0;

  constructor(readonly size: number) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`a block of ${size} samples`);
    this.#block = new Float32Array(size);
  }

  /** Yields the blocks that `samples` completes; each is the caller's to keep. Read it to the end. */
  *push(samples: Float32Array): Generator<Float32Array> {
    let at = 0;
    while (at < samples.length) {
      const count = Math.min(this.size - this.#filled, samples.length - at);
      this.#block.set(samples.subarray(at, at + count), this.#filled);
      at += count;
      this.#filled += count;
      if (this.#filled === this.size) {
        const block = this.#block;
        this.#block = new Float32Array(this.size);
        this.#filled = 0;
        yield block;
      }
    }
  }

  /** The last block, filled up with silence; undefined when nothing was left. The framer can then be used again. */
  flush(): Float32Array | undefined {
    if (this.#filled === 0) return undefined;
    const block = this.#block;
    this.#block = new Float32Array(this.size);
    this.#filled = 0;
    return block;
  }

  /** Forgets what is held (an interrupt). */
  clear(): void {
    this.#block.fill(0);
    this.#filled = 0;
  }
}

/** The blocks of a stream whose chunks share one rate, the last one filled up with silence. */
export async function* frames(chunks: AsyncIterable<PcmChunk>, size: number): AsyncGenerator<Float32Array> {
  const framer = new Framer(size);
  for await (const chunk of chunks) yield* framer.push(chunk.samples);
  const last = framer.flush();
  if (last) yield last;
}
