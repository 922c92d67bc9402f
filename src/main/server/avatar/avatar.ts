import type { Background } from './background';
import type { KeyFiles } from './keyed-clip';

/** A rectangle in picture pixels. Herald keeps all four even, so that it also falls on whole I420 chroma samples. */
export interface Box {
  xPx: number;
  yPx: number;
  widthPx: number;
  heightPx: number;
}

/**
 * One picture as tightly packed I420 (width*height luma, then two quarter-size chroma planes); before a transparent background with
 * width*height bytes of alpha behind them. Read-only by contract.
 */
export interface I420Picture {
  widthPx: number;
  heightPx: number;
  data: Uint8Array;
  /**
   * Where it is given, the memory will hold another picture one day: whoever reads it later than at once (after the next
   * await of anything but this picture) holds it, and calls what this returns when done. Forgetting that costs a buffer.
   */
  hold?(): () => void;
}

/** A clip that a presenter brings along, files with their whole path. */
export interface PerformanceClip {
  /** 1 is the still clip, 2 and above are performances. */
  audiotype: number;
  name: string;
  videoFile: string;
  /** Takes the place of the clip's own sound. */
  soundFile?: string;
  /** For other backgrounds, where the presenter brings them along. */
  key?: KeyFiles;
}

/**
 * The pictures a presenter is made of. A session walks a counter that only ever grows (`position`); the avatar maps it to
 * one of its pictures (cyclic or ping-pong), so a seamless loop needs no special case anywhere else.
 */
export interface Avatar {
  readonly id: string;
  readonly name: Record<string, string>;
  /** What it stands before, where that is not its own. */
  readonly background?: Background | undefined;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pictureCount: number;
  /**
   * How far ahead of the picture shown it is worth asking for one (0 while the avatar stands): of a loop that does not fit in
   * memory, a picture further ahead would be decoded, forgotten, and decoded again when it is shown. All of them unless said.
   */
  readonly reachPictures?: number;
  /** Side of the faces that came with it, where it was made for weights of one size (LiveTalking folders). */
  readonly faceSizePx?: number | undefined;
  /** Index of the picture that stands still in audiotype 1. */
  readonly stillIndex: number;
  /** What it can do besides talk. */
  readonly performances?: readonly PerformanceClip[];
  /** Position (0, 1, 2, ...) -> picture index in [0, pictureCount). */
  indexAt(position: number): number;
  /** Face box of a picture, in its pixels. */
  faceBox(index: number): Box;
  /**
   * The picture, decoded ahead where possible: resolves at once when it is in memory. Buffers are shared between sessions
   * and must not be written to.
   */
  picture(index: number): Promise<I420Picture>;
  /** The picture if it is in memory now; a hint that it is wanted soon otherwise. */
  pictureNow(index: number): I420Picture | undefined;
  /**
   * What is shown now. With no speech queued, the position after this one may turn out to be the same picture once more.
   */
  onAir?(position: number, how: { silent: boolean }): void;
  /** A session stopped using it. The last release may drop decoded pictures and decoders. */
  release(): void;
}
