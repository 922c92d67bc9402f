/**
 * Fourier transform of a real signal whose length is even and made of the factors 2, 3, 4 and 5: Wav2Lip's 800 is not a power
 * of two, which the usual small FFT libraries refuse. N real samples are packed as N/2 complex ones, transformed by Stockham's
 * self-sorting algorithm (no bit reversal) and unpacked. Nothing is allocated after construction.
 */
export class RealFft {
  private readonly half: number;
  private readonly radices: number[] = [];
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;
  private aRe: Float64Array;
  private aIm: Float64Array;
  private bRe: Float64Array;
  private bIm: Float64Array;
  private readonly unpackCos: Float64Array;
  private readonly unpackSin: Float64Array;

  constructor(readonly size: number) {
    this.half = size / 2;
    let rest = this.half;
    for (const radix of [4, 5, 3, 2]) {
      while (rest % radix === 0) {
        this.radices.push(radix);
        rest /= radix;
      }
    }
    if (size % 2 !== 0 || rest !== 1) throw new RangeError(`FFT of ${size} samples: only even 2^a 3^b 5^c sizes`);
    const table = (length: number, of: (angle: number) => number, period: number) =>
      Float64Array.from({ length }, (_, i) => of((2 * Math.PI * i) / period));
    this.cos = table(this.half, Math.cos, this.half);
    this.sin = table(this.half, (angle) => -Math.sin(angle), this.half);
    this.unpackCos = table(this.half + 1, Math.cos, size);
    this.unpackSin = table(this.half + 1, (angle) => -Math.sin(angle), size);
    this.aRe = new Float64Array(this.half);
    this.aIm = new Float64Array(this.half);
    this.bRe = new Float64Array(this.half);
    this.bIm = new Float64Array(this.half);
  }

  /** `input[size]` -> `magnitude[size / 2 + 1]`. */
  magnitudes(input: Float64Array, magnitude: Float64Array): void {
    const { half, unpackCos, unpackSin } = this;
    for (let i = 0; i < half; i++) {
      this.aRe[i] = input[2 * i]!;
      this.aIm[i] = input[2 * i + 1]!;
    }
    let stride = 1;
    let length = half;
    for (const radix of this.radices) {
      this.stage(radix, length, stride);
      length /= radix;
      stride *= radix;
      [this.aRe, this.bRe] = [this.bRe, this.aRe];
      [this.aIm, this.bIm] = [this.bIm, this.aIm];
    }
    const { aRe, aIm } = this;
    for (let k = 0; k <= half; k++) {
      const i = k === half ? 0 : k;
      const j = k === 0 ? 0 : half - k;
      const evenRe = (aRe[i]! + aRe[j]!) / 2;
      const evenIm = (aIm[i]! - aIm[j]!) / 2;
      const oddRe = (aIm[i]! + aIm[j]!) / 2;
      const oddIm = (aRe[j]! - aRe[i]!) / 2;
      const re = evenRe + oddRe * unpackCos[k]! - oddIm * unpackSin[k]!;
      const im = evenIm + oddRe * unpackSin[k]! + oddIm * unpackCos[k]!;
      magnitude[k] = Math.sqrt(re * re + im * im);
    }
  }

  /** One decimation-in-frequency step from the a buffers to the b buffers. */
  private stage(radix: number, length: number, stride: number): void {
    const { half, cos, sin, aRe, aIm, bRe, bIm } = this;
    const step = length / radix;
    const toTwiddle = half / length;
    const toRoot = half / radix;
    for (let q = 0; q < step; q++) {
      for (let k = 0; k < stride; k++) {
        const from = k + stride * q;
        const to = k + stride * radix * q;
        if (radix === 4) {
          const s1 = stride * step;
          const re0 = aRe[from]! + aRe[from + 2 * s1]!;
          const im0 = aIm[from]! + aIm[from + 2 * s1]!;
          const re1 = aRe[from]! - aRe[from + 2 * s1]!;
          const im1 = aIm[from]! - aIm[from + 2 * s1]!;
          const re2 = aRe[from + s1]! + aRe[from + 3 * s1]!;
          const im2 = aIm[from + s1]! + aIm[from + 3 * s1]!;
          const re3 = aRe[from + s1]! - aRe[from + 3 * s1]!;
          const im3 = aIm[from + s1]! - aIm[from + 3 * s1]!;
          bRe[to] = re0 + re2;
          bIm[to] = im0 + im2;
          this.put(to + stride, re1 + im3, im1 - re3, q * toTwiddle);
          this.put(to + 2 * stride, re0 - re2, im0 - im2, 2 * q * toTwiddle);
          this.put(to + 3 * stride, re1 - im3, im1 + re3, 3 * q * toTwiddle);
          continue;
        }
        for (let j = 0; j < radix; j++) {
          let re = 0;
          let im = 0;
          for (let r = 0; r < radix; r++) {
            const at = from + stride * step * r;
            const root = ((r * j) % radix) * toRoot;
            re += aRe[at]! * cos[root]! - aIm[at]! * sin[root]!;
            im += aRe[at]! * sin[root]! + aIm[at]! * cos[root]!;
          }
          this.put(to + j * stride, re, im, j * q * toTwiddle);
        }
      }
    }
  }

  private put(at: number, re: number, im: number, twiddle: number): void {
    const c = this.cos[twiddle]!;
    const s = this.sin[twiddle]!;
    this.bRe[at] = re * c - im * s;
    this.bIm[at] = re * s + im * c;
  }
}
