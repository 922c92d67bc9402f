import type { I420Picture } from '../avatar';
import { type Background, pictureBytes, TRANSPARENT } from '../background';
import { VideoClip } from '../clip';
import { firstPictureOf, type KeyFiles } from '../keyed-clip';
import { keyerOf } from '../keyer';
import type { Performance } from './performance';

/** The same performance before another background. In another size than its matte's it is shown as it is. */
export function keyedPerformance(performance: Performance, files: KeyFiles, background: Background): Performance {
  return {
    ...performance,
    async *steps(size, signal) {
      const matte = await VideoClip.open(files.matteFile);
      try {
        const { widthPx, heightPx } = matte;
        if (widthPx !== size.widthPx || heightPx !== size.heightPx) {
          yield* asItIs(performance, background).steps(size, signal);
          return;
        }
        const keyer = keyerOf(matte, await firstPictureOf(files.wallFile, matte), background);
        let decoded: { gop: number; mattes: Map<number, Uint8Array> } | undefined;
        let index = 0;
        for await (const step of performance.steps(size, signal)) {
          index = step.first ? 0 : Math.min(index + 1, matte.pictureCount - 1);
          const gop = matte.gopOf(index);
          if (decoded?.gop !== gop) {
            const mattes = new Map<number, Uint8Array>();
            await matte.decode(
              gop,
              (bytes) => new Uint8Array(bytes),
              (at, data) => void mattes.set(at, data),
            );
            decoded = { gop, mattes };
          }
          const data = new Uint8Array(keyer.bytes);
          data.set(step.picture.data);
          keyer.apply(data, decoded.mattes.get(index)!);
          yield { ...step, picture: { widthPx, heightPx, data } };
        }
      } finally {
        await matte.close();
      }
    },
  };
}

/** One without a matte: before a transparent background it brings its own along, as nothing tells where that begins. */
export function asItIs(performance: Performance, background: Background): Performance {
  if (background !== TRANSPARENT) return performance;
  return {
    ...performance,
    opaque: true,
    async *steps(size, signal) {
      for await (const step of performance.steps(size, signal)) yield { ...step, picture: opaque(step.picture) };
    },
  };
}

function opaque({ widthPx, heightPx, data }: I420Picture): I420Picture {
  const whole = new Uint8Array(pictureBytes({ widthPx, heightPx }, TRANSPARENT)).fill(255);
  whole.set(data);
  return { widthPx, heightPx, data: whole };
}
