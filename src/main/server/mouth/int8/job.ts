import type { I420Picture } from '../../avatar/avatar';
import type { LipModel } from '../model';

/** One step of a value's grid: value = scale * (byte - zero). */
export interface Grid {
  scale: number;
  zero: number;
}

/** A quantised decoder: takes the place of the fast mouth graph and is fed bytes. */
export interface Int8Network {
  file: string;
  /** One for each kept tensor, in their order. */
  grids: Grid[];
}

export interface Int8Job {
  model: LipModel;
  /** Crops of the avatar's own pictures. */
  faces: I420Picture[];
  /** Where the graph goes; written atomically. */
  outFile: string;
}

export interface Int8Verdict {
  /** Against float32 on windows and faces that the calibration did not see. */
  psnrDb: number;
  /** Present where the figure is good enough. */
  network?: Int8Network;
}
