import { PICTURE_MS, SAMPLES_PER_PICTURE } from '../../../../shared/units';
import type { I420Picture } from '../avatar';
import type { ActStep, PictureSize } from './performance';

/** The pictures of a performance in one size, in order, 25 a second. One call at a time. */
export interface PictureRun {
  /** The next picture; undefined after the last. */
  next(): Promise<I420Picture | undefined>;
  /** What is shown while the sound goes on after the last picture. */
  filler(): Promise<I420Picture>;
  /** Back to the first picture. */
  rewind(): Promise<void>;
  close(): Promise<void>;
}

export interface Material {
  open(size: PictureSize): Promise<PictureRun>;
  /** 40 ms blocks of sound that begin with the first picture; undefined where there is none. */
  sound?: () => AsyncGenerator<Float32Array>;
  /** How long each lasts from the first picture on; undefined where its file does not say. */
  picturesMs: number | undefined;
  soundMs?: number | undefined;
}

/** How long a round lasts: whole pictures, until both are over. */
export function roundMs({ sound, picturesMs, soundMs }: Material): number | undefined {
  const lengths = sound ? [picturesMs, soundMs] : [picturesMs];
  if (!lengths.every((ms) => ms !== undefined)) return undefined;
  return Math.ceil((Math.max(...lengths) - ROUNDING_MS) / PICTURE_MS) * PICTURE_MS;
}

/** Containers round times to whole milliseconds. */
const ROUNDING_MS = 1;
const SILENCE = new Float32Array(SAMPLES_PER_PICTURE);

/**
 * Pairs pictures with their sound, 40 ms at a time, until both are over: the last picture and the last sample are both played.
 * With `loop`, again and again.
 */
export async function* steps(
  { open, sound }: Material,
  { size, loop, signal }: { size: PictureSize; loop: boolean; signal: AbortSignal },
): AsyncGenerator<ActStep> {
  const run = await open(size);
  let blocks: AsyncGenerator<Float32Array> | undefined;
  try {
    do {
      blocks = sound?.();
      for (let first = true; !signal.aborted; first = false) {
        const picture = await run.next();
        const block = await blocks?.next();
        const heard = block && !block.done ? block.value : undefined;
        if (!picture && !heard) {
          if (first) throw new Error('holds no pictures');
          break;
        }
        yield { picture: picture ?? (await run.filler()), samples: heard ?? SILENCE, first };
      }
      if (loop && !signal.aborted) await run.rewind();
    } while (loop && !signal.aborted);
  } finally {
    await blocks?.return(undefined);
    await run.close();
  }
}
