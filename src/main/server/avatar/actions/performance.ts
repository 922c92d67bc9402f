import type { I420Picture } from '../avatar';

export interface PictureSize {
  widthPx: number;
  heightPx: number;
}

/** 40 ms of a performance: its picture, in the avatar's size, and its sound. */
export interface ActStep {
  readonly picture: I420Picture;
  /** 1,920 samples at 48 kHz. */
  readonly samples: Float32Array;
  /** A round begins here: the first step, and of a loop each time it comes round again. */
  readonly first: boolean;
}

/** What a presenter can do besides talk: pictures with their sound, by the number that /set_audiotype calls it by. */
export interface Performance {
  /** 1: what mode 1 shows, without sound. From 2 on: a clip that plays once and ends in mode 1. */
  readonly audiotype: number;
  readonly name: string;
  /** Goes round until another mode is set. */
  readonly loop: boolean;
  /** One round, by what its files say of themselves; undefined where they do not. */
  readonly durationMs?: number | undefined;
  /** It brings its own background where everything else has none. */
  readonly opaque?: true;
  /**
   * The steps in order, each made when it is asked for; nothing is held but what the next one needs. Frees everything when it
   * ends, when the signal aborts and when its reader stops early.
   * @throws Error with what is wrong with the material
   */
  steps(size: PictureSize, signal: AbortSignal): AsyncIterable<ActStep>;
}
