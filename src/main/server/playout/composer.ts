import type { I420Picture } from '../avatar/avatar';
import { paste } from '../composite/paste';
import type { MouthPatch } from '../mouth/mouth';
import type { PictureBuffers } from './picture-buffers';

/** A picture ready to be sent; `release` gives its buffer back, where it is one that will be used again. */
export interface Composed {
  picture: I420Picture;
  /** False for a source's own bytes. */
  changed: boolean;
  release?: () => void;
}

/** Pictures over which one source gives way to another. */
export const BLEND_PICTURES = 3;

/** What was shown, kept for as long as something may still be mixed with it. */
interface Held {
  picture: I420Picture;
  release: () => void;
}

/**
 * Makes the picture that is sent out of the source's own: where the source changes (live loop, still, performance) the first
 * three pictures are mixed with the last one of the former, where somebody speaks the mouth is pasted over. Outside of that the
 * source's own bytes go through untouched: silence is cheap.
 */
export class Composer {
  private source: unknown;
  private last: Held | undefined;
  private from: Held | undefined;
  private blendedPictures = 0;

  constructor(private readonly buffers: PictureBuffers) {}

  /** @param source what the picture belongs to; another one than before starts a blend */
  compose(base: I420Picture, source: unknown, mouth?: { patch: MouthPatch; alpha: number }): Composed {
    if (this.last && source !== this.source) this.beginBlend();
    this.source = source;
    const from = this.blendedFrom(base);
    const buffer = from || mouth ? this.buffers.take() : undefined;
    if (!buffer) return this.sent(base, false, base.hold?.());
    const picture = { widthPx: base.widthPx, heightPx: base.heightPx, data: buffer.data };
    if (from) mix(from.data, base.data, this.blendedPictures / (BLEND_PICTURES + 1), buffer.data);
    if (mouth) paste(from ? picture : base, mouth.patch, buffer.data, mouth.alpha);
    return this.sent(picture, true, buffer.release);
  }

  /** Gives the buffers back. */
  close(): void {
    this.last?.release();
    this.from?.release();
    this.last = this.from = undefined;
  }

  private beginBlend(): void {
    this.from?.release();
    this.from = this.last;
    this.last = undefined;
    this.blendedPictures = 0;
  }

  /** What this picture is to be mixed with; undefined when no blend is under way, or when it would change nothing. */
  private blendedFrom(base: I420Picture): I420Picture | undefined {
    if (!this.from) return undefined;
    const { picture } = this.from;
    if (++this.blendedPictures <= BLEND_PICTURES && picture.data !== base.data) return picture;
    this.from.release();
    this.from = undefined;
    return undefined;
  }

  private sent(picture: I420Picture, changed: boolean, release?: () => void): Composed {
    this.last?.release();
    if (!release) {
      this.last = { picture, release: () => {} };
      return { picture, changed };
    }
    // The encoder has it, and we may blend from it: it is free when both are done.
    let users = 2;
    const drop = () => {
      let done = false;
      return () => {
        if (done) return;
        done = true;
        if (--users === 0) release();
      };
    };
    this.last = { picture, release: drop() };
    return { picture, changed, release: drop() };
  }
}

const EVEN_BYTES = 0x00ff00ff;
const HALF = 0x00800080;

/**
 * `weight` of 0 is `from` alone, of 1 `to` alone. Four bytes a step, two of them in each multiplication, as their sums stay below
 * 2^16: 1280x720 takes 1.3 ms of one core, a byte a step 2.8 ms.
 * @throws RangeError when the lengths differ
 */
export function mix(from: Uint8Array, to: Uint8Array, weight: number, target: Uint8Array): void {
  if (from.length !== to.length || target.length !== to.length) {
    throw new RangeError(`mix: ${from.length} and ${to.length} bytes into ${target.length}`);
  }
  const b = Math.round(Math.min(1, Math.max(0, weight)) * 256);
  const a = 256 - b;
  let at = 0;
  if (((from.byteOffset | to.byteOffset | target.byteOffset) & 3) === 0) {
    const words = to.length >> 2;
    const x = new Uint32Array(from.buffer, from.byteOffset, words);
    const y = new Uint32Array(to.buffer, to.byteOffset, words);
    const out = new Uint32Array(target.buffer, target.byteOffset, words);
    for (let i = 0; i < words; i++) {
      const p = x[i]!;
      const q = y[i]!;
      const even = ((p & EVEN_BYTES) * a + (q & EVEN_BYTES) * b + HALF) >>> 8;
      const odd = ((p >>> 8) & EVEN_BYTES) * a + ((q >>> 8) & EVEN_BYTES) * b + HALF;
      out[i] = (even & EVEN_BYTES) | (odd & ~EVEN_BYTES);
    }
    at = words * 4;
  }
  for (; at < to.length; at++) target[at] = (from[at]! * a + to[at]! * b + 128) >> 8;
}
