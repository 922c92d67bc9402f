import { FRAMES_PER_PICTURE, SAMPLES_PER_FRAME } from '../../../shared/units';

/**
 * The first 20 ms of a run of speech, where they sound before its first picture: in the second half of the one before, over the
 * closed mouth. With it speech can begin every 20 ms instead of every 40, and sound and lips stay together all the same, since
 * its slots are cut 20 ms later.
 */
export interface Upbeat {
  /** 960 samples at 48 kHz. */
  readonly samples: Float32Array;
  /** Called when it goes to the encoder. */
  readonly onSent?: () => void;
}

/**
 * Whether what is ready so soon begins earlier with an upbeat than without.
 * @param intoPictureSamples since the picture on air was due
 */
export const beginsMidPicture = (intoPictureSamples: number, readyInSamples: number): boolean =>
  Math.ceil((intoPictureSamples + readyInSamples) / SAMPLES_PER_FRAME) % FRAMES_PER_PICTURE === 1;
