import { keyOver } from '../../composite/key';
import type { Background } from '../background';
import { VideoClip } from '../clip';
import { firstPictureOf, type KeyFiles } from '../keyed-clip';
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
          yield* performance.steps(size, signal);
          return;
        }
        const wall = await firstPictureOf(files.wallFile, matte);
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
          const data = step.picture.data.slice();
          keyOver(data, { widthPx, heightPx, matte: decoded.mattes.get(index)!, wall, background });
          yield { ...step, picture: { widthPx, heightPx, data } };
        }
      } finally {
        await matte.close();
      }
    },
  };
}
