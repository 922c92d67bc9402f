import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { MEL_BANDS, MEL_WINDOW_FRAMES } from '../src/main/server/features/mel';
import { MelStream } from '../src/main/server/features/mel-stream';
import { describeModel } from '../src/main/server/mouth/model';
import { FEATURE_RATE_HZ } from '../src/shared/units';
import type { Mouth } from './measures';
import { OnnxParts } from './onnx-part';

/** models/recipe/phonemes.py: the coefficients in their order, and how far each opens the lips. */
export const COEFFICIENTS = ['AA', 'AO', 'E', 'OO', 'UW', 'MPB', 'FV', 'S', 'SH', 'TD'] as const;
const OPENS = [1, 0.8, 0.4, 0.4, 0.25, 0, 0.1, 0.12, 0.25, 0.2];
const MPB = COEFFICIENTS.indexOf('MPB');
/** Above this the lips touch. */
const SHUT_ABOVE = 0.5;
const BATCH = 64;
const SAMPLES_PER_PICTURE = FEATURE_RATE_HZ / 25;

/** The two networks inside the shipped graph, each to be asked alone. */
export class LipHalves {
  private constructor(
    private readonly speech: InferenceSession,
    private readonly face: InferenceSession,
    private readonly tap: string,
    readonly windowStartMs: number,
    readonly faceSizePx: number,
  ) {}

  /** @throws Error that names the file when its graph does not fall into a speech half and a face half */
  static async open(file: string): Promise<LipHalves> {
    const parts = new OnnxParts(readFileSync(file));
    // The speech half ends where its answer is clamped to what a mouth can do.
    const tap = parts.outputs.includes('coefficients') ? 'coefficients' : parts.firstMadeBy('Clip', 'mel');
    if (tap === undefined) {
      throw new Error(
        `${basename(file)} has no mouth coefficients inside: only models of lip-mini's kind can be judged`,
      );
    }
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 } as const;
    const whole = await InferenceSession.create(file, options);
    const face = whole.inputMetadata.find(({ name }) => name === 'face');
    const sizePx = face?.isTensor ? Number(face.shape[3]) : 0;
    await whole.release();
    const speechHalf = parts.between({ mel: ['N', 1, MEL_BANDS, MEL_WINDOW_FRAMES] }, [tap]);
    const faceHalf = parts.between({ [tap]: ['N', COEFFICIENTS.length], face: ['N', 6, sizePx, sizePx] }, ['out']);
    return new LipHalves(
      await InferenceSession.create(speechHalf, options),
      await InferenceSession.create(faceHalf, options),
      tap,
      describeModel(file).windowStartMs,
      sizePx,
    );
  }

  async release(): Promise<void> {
    await this.speech.release();
    await this.face.release();
  }

  /** The mouth of every picture of a turn of this sound, through the product's mel stream and its window. */
  async listen(samples: Float32Array): Promise<Mouth> {
    const mel = new MelStream({ windowStartMs: this.windowStartMs });
    const mouth: Mouth = { opening: [], shut: [] };
    const values = MEL_BANDS * MEL_WINDOW_FRAMES;
    const waiting: Float32Array[] = [];
    const answer = async () => {
      if (waiting.length === 0) return;
      const data = new Float32Array(waiting.length * values);
      for (const [i, window] of waiting.entries()) data.set(window, i * values);
      const tensor = new Tensor('float32', data, [waiting.length, 1, MEL_BANDS, MEL_WINDOW_FRAMES]);
      const out = (await this.speech.run({ mel: tensor }))[this.tap]!.data as Float32Array;
      for (let i = 0; i < waiting.length; i++) {
        const one = out.subarray(i * COEFFICIENTS.length, (i + 1) * COEFFICIENTS.length);
        mouth.opening.push(openingOf(one));
        mouth.shut.push(one[MPB]! > SHUT_ABOVE);
      }
      waiting.length = 0;
    };
    let next = 0;
    for (let at = 0; at < samples.length; at += FEATURE_RATE_HZ) {
      mel.push(samples.subarray(at, at + FEATURE_RATE_HZ));
      if (at + FEATURE_RATE_HZ >= samples.length) mel.flush();
      for (; next < mel.available && (next + 1) * SAMPLES_PER_PICTURE <= samples.length; next++) {
        waiting.push(mel.window(next)!.data);
        if (waiting.length === BATCH) await answer();
      }
    }
    await answer();
    return mouth;
  }

  /** The face half's picture of a mouth that is known: [3,S,S], BGR in [0, 1]. */
  async draw(mouth: readonly number[], face: Float32Array): Promise<Float32Array> {
    const out = await this.face.run({
      [this.tap]: new Tensor('float32', Float32Array.from(mouth), [1, COEFFICIENTS.length]),
      face: new Tensor('float32', face, [1, 6, this.faceSizePx, this.faceSizePx]),
    });
    return out.out!.data as Float32Array;
  }
}

/** How far the lips are open; what shuts them takes the rest away. */
export function openingOf(mouth: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < OPENS.length; i++) sum += OPENS[i]! * mouth[i]!;
  return sum * (1 - 0.9 * Math.min(1, Math.max(0, mouth[MPB]!)));
}
