import type { AVPixelFormat } from 'node-av/constants';
import { AV_PIX_FMT_YUVA420P, AVCOL_RANGE_MPEG, AVCOL_SPC_BT709 } from 'node-av/constants';
import { FFmpegError, Frame, SoftwareScaleContext } from 'node-av/lib';
import { track } from '../metrics/native';
import type { SizePlan } from './size';

/** Exact rounding, so that a clip looks the same whichever instructions the machine has. */
const SCALER_FLAGS = 'bicubic+accurate_rnd+bitexact';

/** Cuts pictures and brings them to a clip's size. */
export class PictureScaler {
  private readonly scaler = new SoftwareScaleContext();
  private readonly cut: Frame;
  private readonly target: Frame;
  private readonly untrack = track('clip-scaler');

  private constructor(
    private readonly plan: SizePlan,
    format: AVPixelFormat,
  ) {
    this.scaler.allocContext();
    this.scaler.setOption('sws_flags', SCALER_FLAGS);
    this.cut = picture(plan.crop, format);
    this.target = picture(plan, format);
  }

  /**
   * @param format yuv420p, or yuva420p, whose colours are straight and go on behind the edges, so that its planes scale each on their own
   * @returns undefined where pictures go through as they are
   */
  static of(
    { widthPx, heightPx }: { widthPx: number; heightPx: number },
    plan: SizePlan,
    format: AVPixelFormat,
  ): PictureScaler | undefined {
    return plan.widthPx === widthPx && plan.heightPx === heightPx ? undefined : new PictureScaler(plan, format);
  }

  /** @returns a picture that is valid until the next call */
  async scale(source: Frame): Promise<Frame> {
    const { plan, cut, target } = this;
    // The encoder may still hold the last one.
    FFmpegError.throwIfError(target.makeWritable(), 'make room for a picture');
    const whole = plan.crop.widthPx === source.width && plan.crop.heightPx === source.height;
    if (!whole) this.crop(source);
    const from = whole ? source : cut;
    from.colorSpace = AVCOL_SPC_BT709;
    from.colorRange = AVCOL_RANGE_MPEG;
    FFmpegError.throwIfError(await this.scaler.scaleFrame(target, from), 'scale a picture');
    return target;
  }

  close(): void {
    this.scaler.freeContext();
    this.cut.free();
    this.target.free();
    this.untrack();
  }

  private crop(source: Frame): void {
    const { xPx, yPx, widthPx, heightPx } = this.plan.crop;
    for (let plane = 0; plane < (source.format === AV_PIX_FMT_YUVA420P ? 4 : 3); plane++) {
      const half = plane === 1 || plane === 2 ? 1 : 0;
      const [from, to] = [source.data![plane]!, this.cut.data![plane]!];
      const [fromStride, toStride] = [source.linesize[plane]!, this.cut.linesize[plane]!];
      const width = widthPx >> half;
      for (let row = 0; row < heightPx >> half; row++) {
        const at = ((yPx >> half) + row) * fromStride + (xPx >> half);
        to.set(from.subarray(at, at + width), row * toStride);
      }
    }
  }
}

function picture({ widthPx, heightPx }: { widthPx: number; heightPx: number }, format: AVPixelFormat): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.width = widthPx;
  frame.height = heightPx;
  frame.format = format;
  frame.colorSpace = AVCOL_SPC_BT709;
  frame.colorRange = AVCOL_RANGE_MPEG;
  FFmpegError.throwIfError(frame.allocBuffer(), 'allocate a picture');
  return frame;
}
