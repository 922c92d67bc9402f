import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { FFmpegError, Frame, SoftwareScaleContext } from 'node-av/lib';
import type { I420Picture } from '../avatar/avatar';
import { copyPicture } from '../avatar/copy-picture';
import { i420Frame } from '../avatar/i420-frame';
import { track } from '../metrics/native';
import { PictureBuffers } from '../playout/picture-buffers';

/** Bilinear over the area: 720x720 to half takes 0.5 ms, and what is thrown away does not come back as noise. */
const FLAGS = 'area';

/** Makes pictures smaller, while they are live: it blocks for less than a millisecond, and keeps nothing of them. */
export class Shrinker {
  private readonly scaler = new SoftwareScaleContext();
  private readonly target = new Frame();
  private readonly buffers: PictureBuffers;
  private readonly untrack = track('shrinker');

  constructor(
    readonly widthPx: number,
    readonly heightPx: number,
  ) {
    this.buffers = new PictureBuffers((widthPx * heightPx * 3) / 2);
    this.scaler.allocContext();
    this.scaler.setOption('sws_flags', FLAGS);
    this.target.alloc();
    this.target.width = widthPx;
    this.target.height = heightPx;
    this.target.format = AV_PIX_FMT_YUV420P;
    FFmpegError.throwIfError(this.target.allocBuffer(), 'allocate a picture');
  }

  /** @returns undefined when all buffers are lent; otherwise a picture, and what gives its buffer back */
  shrink(picture: I420Picture): { picture: I420Picture; release: () => void } | undefined {
    const buffer = this.buffers.take();
    if (!buffer) return undefined;
    const source = i420Frame(picture);
    try {
      FFmpegError.throwIfError(this.scaler.scaleFrameSync(this.target, source), 'shrink a picture');
    } catch (error) {
      buffer.release();
      throw error;
    } finally {
      source.free();
    }
    const { widthPx, heightPx } = this;
    copyPicture(this.target, widthPx, heightPx, buffer.data);
    return { picture: { widthPx, heightPx, data: buffer.data }, release: buffer.release };
  }

  close(): void {
    this.scaler.freeContext();
    this.target.free();
    this.untrack();
  }
}
