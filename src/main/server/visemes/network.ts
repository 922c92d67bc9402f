import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { MEL_BANDS, MEL_WINDOW_FRAMES } from '../features/mel';
import { openLipSession } from '../mouth/lip-session';
import { MEL_VALUES } from '../mouth/network';
import { VISEME_MODEL_FILE } from './model';

/** Runs the speech half alone, 0.15 CPU-ms a picture; in the inference process. It is opened by the first call. */
export class VisemeNetwork {
  private session: Promise<InferenceSession> | undefined;

  /** @param mel 16 frames of 80 bands, band-major @returns one value per coefficient, 0..1 */
  async run(mel: Float32Array): Promise<Float32Array> {
    if (mel.length !== MEL_VALUES) throw new RangeError(`mel window of ${mel.length} values`);
    this.session ??= openLipSession(VISEME_MODEL_FILE);
    const session = await this.session;
    const { coefficients } = await session.run({
      mel: new Tensor('float32', mel, [1, 1, MEL_BANDS, MEL_WINDOW_FRAMES]),
    });
    return Float32Array.from(coefficients!.data as Float32Array);
  }
}
