import {
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
} from 'node-av/constants';
import { FFmpegError, Frame, SoftwareScaleContext } from 'node-av/lib';
import { Owned } from '../../audio/owned';
import type { I420Picture } from '../avatar';
import type { PictureSize } from './performance';

const BLACK_LUMA = 16;
const BLACK_CHROMA = 128;
/** What players assume of a video that does not say: HD is BT.709, smaller is BT.601. */
const HD_FROM_PX = 720;

/** Brings pictures of any size and format into the avatar's: scaled as a whole, with black bars where the shape differs. */
export class Fitter {
  private readonly owned = new Owned();
  private readonly scaler: SoftwareScaleContext;

  constructor(private readonly size: PictureSize) {
    this.scaler = this.owned.add('scaler', new SoftwareScaleContext(), (context) => context.freeContext());
    this.scaler.allocContext();
    this.scaler.setOption('sws_flags', 'bicubic+accurate_rnd');
  }

  /**
   * One at a time. The frame stays the caller's.
   * @param pixelAspect width of a pixel by its height, of videos whose pixels are not square
   */
  async fit(frame: Frame, pixelAspect = 1): Promise<I420Picture> {
    const inner = innerSize(this.size, frame.width * pixelAspect, frame.height);
    if (this.fitsAlready(frame, inner)) return this.picture(frame.toBuffer());
    if (frame.colorSpace === AVCOL_SPC_UNSPECIFIED) {
      frame.colorSpace = frame.height >= HD_FROM_PX ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    }
    const target = new Frame();
    target.alloc();
    try {
      target.width = inner.widthPx;
      target.height = inner.heightPx;
      target.format = AV_PIX_FMT_YUV420P;
      target.colorSpace = AVCOL_SPC_BT709;
      target.colorRange = AVCOL_RANGE_MPEG;
      FFmpegError.throwIfError(target.allocBuffer(), 'allocate a picture');
      FFmpegError.throwIfError(await this.scaler.scaleFrame(target, frame), 'scale a picture');
      return this.picture(this.framed(target.toBuffer(), inner));
    } finally {
      target.free();
    }
  }

  close(): void {
    this.owned.freeAll();
  }

  private fitsAlready(frame: Frame, inner: PictureSize): boolean {
    const { widthPx, heightPx } = this.size;
    if (inner.widthPx !== widthPx || inner.heightPx !== heightPx) return false;
    if (frame.width !== widthPx || frame.height !== heightPx) return false;
    return (
      frame.format === AV_PIX_FMT_YUV420P &&
      frame.colorRange === AVCOL_RANGE_MPEG &&
      frame.colorSpace === AVCOL_SPC_BT709
    );
  }

  private picture(data: Uint8Array): I420Picture {
    const { widthPx, heightPx } = this.size; // by name: an avatar's are getters, which a spread leaves out
    return { widthPx, heightPx, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  }

  /** Black around what does not fill the picture. */
  private framed(data: Uint8Array, inner: PictureSize): Uint8Array {
    const { widthPx, heightPx } = this.size;
    if (inner.widthPx === widthPx && inner.heightPx === heightPx) return data;
    const out = new Uint8Array((widthPx * heightPx * 3) / 2).fill(BLACK_CHROMA);
    out.fill(BLACK_LUMA, 0, widthPx * heightPx);
    // Even, so that chroma samples stay with their four pixels.
    const left = ((widthPx - inner.widthPx) >> 2) * 2;
    const top = ((heightPx - inner.heightPx) >> 2) * 2;
    let from = 0;
    let to = 0;
    for (let plane = 0; plane < 3; plane++) {
      const half = plane === 0 ? 1 : 2;
      const [w, h, stride] = [inner.widthPx / half, inner.heightPx / half, widthPx / half];
      for (let row = 0; row < h; row++, from += w) {
        out.set(data.subarray(from, from + w), to + (top / half + row) * stride + left / half);
      }
      to += (stride * heightPx) / half;
    }
    return out;
  }
}

/** The largest even size of this shape that fits. */
function innerSize({ widthPx, heightPx }: PictureSize, width: number, height: number): PictureSize {
  const scale = Math.min(widthPx / width, heightPx / height);
  const even = (px: number, most: number) => Math.min(most, Math.max(2, Math.round(px / 2) * 2));
  return { widthPx: even(width * scale, widthPx), heightPx: even(height * scale, heightPx) };
}
