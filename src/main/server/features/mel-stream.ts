import { FEATURE_RATE_HZ, PICTURE_MS, PICTURES_PER_SECOND } from '../../../shared/units';
import type { MelWindow } from '../mouth/mouth';
import { MEL_BANDS, MEL_FRAME_SAMPLES, MEL_HOP_SAMPLES, MEL_WINDOW_FRAMES, MelAnalyser, preEmphasise } from './mel';

const FRAME_MS = (MEL_HOP_SAMPLES * 1_000) / FEATURE_RATE_HZ; // 12.5
const SAMPLES_PER_PICTURE = FEATURE_RATE_HZ / PICTURES_PER_SECOND; // 640 at 16 kHz
const HALF_FRAME_SAMPLES = MEL_FRAME_SAMPLES / 2;
/** Windows of other networks than the one that the stream is for may begin a little earlier: lip-mini's three frames before t. */
const EARLIEST_FRAME = -4;
/** Pictures before the last one asked for whose windows can still be had; older mel frames are dropped. */
const KEPT_PICTURES = 25;

export interface MelStreamOptions {
  /** Start of the window relative to the start of its picture; the nearest mel frame is taken. */
  windowStartMs: number;
}

/**
 * The mel of one turn, computed as its samples arrive. Picture i lasts [i * 40, i * 40 + 40) ms of the turn and has one
 * window of 16 mel frames that begins `windowStartMs` from the picture's start; before the turn there is silence. Every window
 * equals the one cut from the mel of the whole signal.
 *
 * Memory is bounded by what was pushed but not yet asked for (25 KB per second of audio), so whoever pushes is held back by
 * its own queue, not by this class.
 */
export class MelStream {
  private readonly analyser = new MelAnalyser();
  private readonly windowStartMs: number;
  /** Pre-emphasised samples from `tailStart` on: what frames not yet complete can still see. */
  private tail = new Float64Array(4 * MEL_FRAME_SAMPLES);
  private tailStart = -MEL_FRAME_SAMPLES;
  private tailLength = MEL_FRAME_SAMPLES;
  private previousSample = 0;
  private received = 0;
  private ended = false;
  /** Complete frames [firstKept, nextFrame), frame-major: frames[(k - firstKept) * 80 + band]. */
  private frames = new Float32Array(256 * MEL_BANDS);
  private firstKept: number;
  private nextFrame: number;
  private readonly scratch = new Float32Array(MEL_BANDS);

  constructor({ windowStartMs }: MelStreamOptions) {
    this.windowStartMs = windowStartMs;
    // Frames up to two before the start already hear its first samples; all earlier ones are silence.
    this.firstKept = this.nextFrame = Math.min(this.firstFrameOf(0), EARLIEST_FRAME);
    this.tailStart = this.startOf(this.nextFrame);
    this.tailLength = -this.tailStart;
    if (this.tail.length < this.tailLength + MEL_FRAME_SAMPLES) {
      this.tail = new Float64Array(this.tailLength + 4 * MEL_FRAME_SAMPLES);
    }
    this.completeFrames();
  }

  /** Pictures that the samples so far reach into: the turn's length once it has ended. */
  get pictures(): number {
    return Math.ceil(this.received / SAMPLES_PER_PICTURE);
  }

  /** Windows of pictures [0, available) are complete; after flush, of every picture of the turn. */
  get available(): number {
    if (this.ended) return this.pictures;
    // Inverse of firstFrameOf, corrected for its rounding.
    let count = Math.floor(((this.nextFrame - MEL_WINDOW_FRAMES) * FRAME_MS - this.windowStartMs) / PICTURE_MS) + 2;
    while (count > 0 && this.firstFrameOf(count - 1) + MEL_WINDOW_FRAMES > this.nextFrame) count--;
    return Math.max(0, count);
  }

  /** More of the turn: 16 kHz mono in [-1, 1), any number of samples. */
  push(samples: Float32Array): void {
    if (this.ended) throw new Error('MelStream: push after flush');
    // In slices, so that an hour of upload does not make the tail buffer an hour long.
    for (let at = 0; at < samples.length; at += FEATURE_RATE_HZ) {
      this.append(samples.subarray(at, at + FEATURE_RATE_HZ));
      this.completeFrames();
    }
  }

  /** The turn's sound is over: everything after it is silence, and every picture's window can be had. */
  flush(): void {
    this.ended = true;
  }

  /**
   * The window of a picture, or undefined while it is incomplete. With `pad`, what has not been pushed yet counts as silence,
   * so that no picture waits for speech that is not synthesised yet; padding is never kept, so later windows are exact.
   * @param pictureIndex may lie between two pictures
   * @throws RangeError when the picture is more than a second older than the last one asked for
   */
  window(pictureIndex: number, { pad = false }: { pad?: boolean } = {}): MelWindow | undefined {
    const first = this.firstFrameOf(pictureIndex);
    const complete = first + MEL_WINDOW_FRAMES <= this.nextFrame;
    if (!complete && !pad && !this.ended) return undefined;
    if (first < this.firstKept) throw new RangeError(`MelStream: picture ${pictureIndex} is no longer kept`);
    const data = new Float32Array(MEL_BANDS * MEL_WINDOW_FRAMES);
    for (let i = 0; i < MEL_WINDOW_FRAMES; i++) this.readFrame(first + i, data, i);
    this.forget(pictureIndex - KEPT_PICTURES);
    return { data };
  }

  private firstFrameOf(pictureIndex: number): number {
    return Math.round((pictureIndex * PICTURE_MS + this.windowStartMs) / FRAME_MS);
  }

  private startOf(frame: number): number {
    return frame * MEL_HOP_SAMPLES - HALF_FRAME_SAMPLES;
  }

  /** Copies frame k into column `column` of a window, padding an incomplete one with silence. */
  private readFrame(frame: number, window: Float32Array, column: number): void {
    let from = this.scratch;
    let at = 0;
    if (frame < this.nextFrame) {
      from = this.frames;
      at = (frame - this.firstKept) * MEL_BANDS;
    } else {
      this.analyser.frame(this.tail, this.tailLength, this.startOf(frame) - this.tailStart, this.scratch, 0, 1);
    }
    for (let band = 0; band < MEL_BANDS; band++) window[band * MEL_WINDOW_FRAMES + column] = from[at + band]!;
  }

  private append(samples: Float32Array): void {
    if (samples.length === 0) return;
    const length = this.tailLength + samples.length;
    if (length > this.tail.length) {
      const larger = new Float64Array(length + MEL_FRAME_SAMPLES);
      larger.set(this.tail.subarray(0, this.tailLength));
      this.tail = larger;
    }
    preEmphasise(samples, this.previousSample, this.tail, this.tailLength);
    this.previousSample = samples[samples.length - 1]!;
    this.tailLength = length;
    this.received += samples.length;
  }

  private completeFrames(): void {
    while (this.startOf(this.nextFrame) + MEL_FRAME_SAMPLES <= this.received) {
      const at = (this.nextFrame - this.firstKept) * MEL_BANDS;
      if (at + MEL_BANDS > this.frames.length) {
        const larger = new Float32Array(this.frames.length * 2);
        larger.set(this.frames);
        this.frames = larger;
      }
      const start = this.startOf(this.nextFrame) - this.tailStart;
      this.analyser.frame(this.tail, this.tailLength, start, this.frames, at, 1);
      this.nextFrame++;
    }
    const unseen = this.startOf(this.nextFrame) - this.tailStart;
    if (unseen <= 0) return;
    this.tail.copyWithin(0, unseen, this.tailLength);
    this.tailStart += unseen;
    this.tailLength -= unseen;
  }

  /** Drops frames that only pictures before this one need, in strides, so that nothing is moved for every picture. */
  private forget(pictureIndex: number): void {
    const drop = Math.min(this.firstFrameOf(pictureIndex), this.nextFrame) - this.firstKept;
    if (drop < 128) return;
    this.frames.copyWithin(0, drop * MEL_BANDS, (this.nextFrame - this.firstKept) * MEL_BANDS);
    this.firstKept += drop;
  }
}
