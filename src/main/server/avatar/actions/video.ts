import { AV_NOPTS_VALUE, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { Codec, CodecContext, Frame } from 'node-av/lib';
import { PICTURES_PER_SECOND } from '../../../../shared/units';
import { Owned } from '../../audio/owned';
import type { I420Picture } from '../avatar';
import { Fitter } from './fit';
import { failed, MediaFile } from './media-file';
import type { PictureSize } from './performance';
import type { PictureRun } from './steps';
import { type QuarterTurns, quarterTurnsOf, turned } from './turn';

/** Pictures that people have; keeps the rest of FFmpeg's decoders away from files that others may have put there. */
const CODECS = new Set(
  'h264 hevc vp8 vp9 libvpx libvpx-vp9 av1 libdav1d mpeg4 mpeg2video mjpeg prores utvideo ffv1 magicyuv rawvideo'.split(
    ' ',
  ),
);
/** Containers round times to whole milliseconds. */
const ROUNDING_S = 0.001;
/** A few pictures that cannot be decoded are left out; a file of nothing else is not worth reading. */
const MAX_FAULTS = 100;

/**
 * The pictures of a video file, 25 a second whatever its own rate: at each 40 ms the picture that a player would show.
 * Decoded one after the other, in FFmpeg's own threads.
 */
export class VideoRun implements PictureRun {
  private media: MediaFile | undefined;
  private decoder: FrameReader | undefined;
  private readonly fitter: Fitter;
  private readonly turns: QuarterTurns;
  /** Pictures given since the beginning. */
  private given = 0;
  private startS: number | undefined;
  private endS = 0;
  private latestS = 0;
  private lastsS = 1 / PICTURES_PER_SECOND;
  private shown: I420Picture | undefined;
  /** Decoded, and its time has not come yet. */
  private ahead: { frame: Frame; atS: number } | undefined;

  private constructor(
    private readonly file: string,
    { widthPx, heightPx }: PictureSize,
    media: MediaFile,
  ) {
    this.media = media;
    this.turns = quarterTurnsOf(media.stream.codecpar);
    const sideways = this.turns % 2 === 1;
    this.fitter = new Fitter(sideways ? { widthPx: heightPx, heightPx: widthPx } : { widthPx, heightPx });
  }

  /** @throws Error with what is wrong, as the end of a sentence that starts with the file's name */
  static async open(file: string, size: PictureSize): Promise<VideoRun> {
    const run = new VideoRun(file, size, await openVideo(file));
    try {
      await run.begin();
      return run;
    } catch (error) {
      await run.close();
      throw error;
    }
  }

  /** When the pictures begin, on the clock that they share with the file's sound. */
  get startSamples(): number {
    return this.media!.startSamples;
  }

  /** How long the pictures last, where the file says so. */
  get durationMs(): number | undefined {
    return this.media!.durationMs;
  }

  async next(): Promise<I420Picture | undefined> {
    const atS = this.given / PICTURES_PER_SECOND;
    let due: Frame | undefined;
    try {
      for (;;) {
        const ahead = this.ahead ?? (await this.decode());
        if (!ahead || ahead.atS > atS + ROUNDING_S) {
          this.ahead = ahead;
          break;
        }
        this.ahead = undefined;
        due?.free();
        due = ahead.frame;
      }
      // The last picture is shown for as long as it says, and no further picture begins when the video is over.
      if (!this.ahead && atS + ROUNDING_S >= this.endS) return undefined;
      if (due) this.shown = turned(await this.fitter.fit(due, pixelAspect(due)), this.turns);
    } finally {
      due?.free();
    }
    this.given++;
    return this.shown;
  }

  async filler(): Promise<I420Picture> {
    if (!this.shown) throw new Error('holds no pictures that can be decoded');
    return this.shown;
  }

  async rewind(): Promise<void> {
    this.end();
    await this.begin();
  }

  async close(): Promise<void> {
    this.end();
    this.fitter.close();
  }

  private async begin(): Promise<void> {
    this.media ??= await openVideo(this.file);
    this.decoder = await FrameReader.open(this.media);
    this.given = 0;
    this.startS = undefined;
    this.endS = 0;
    this.latestS = 0;
    this.lastsS = 1 / PICTURES_PER_SECOND;
  }

  private end(): void {
    this.ahead?.frame.free();
    this.ahead = undefined;
    this.decoder?.close();
    this.media?.close();
    this.decoder = this.media = undefined;
  }

  private async decode(): Promise<{ frame: Frame; atS: number } | undefined> {
    const frame = await this.decoder!.next();
    if (!frame) return undefined;
    const { num, den } = this.media!.stream.timeBase;
    const { bestEffortTimestamp: pts } = frame;
    // AVI with B-frames may leave a picture without its time: then it follows the one before.
    const ptsS = pts === AV_NOPTS_VALUE ? (this.startS ?? 0) + this.endS : (Number(pts) * num) / den;
    this.startS ??= ptsS;
    const atS = ptsS - this.startS;
    // A picture that does not say how long it lasts lasts as long as the one before.
    if (frame.duration > 0n) this.lastsS = (Number(frame.duration) * num) / den;
    else if (atS > this.latestS) this.lastsS = atS - this.latestS;
    this.latestS = atS;
    this.endS = Math.max(this.endS, atS + this.lastsS);
    return { frame, atS };
  }
}

async function openVideo(file: string): Promise<MediaFile> {
  const media = await MediaFile.open(file, 'video');
  if (!media) throw new Error('holds no pictures');
  return media;
}

function pixelAspect({ sampleAspectRatio: { num, den } }: Frame): number {
  return num > 0 && den > 0 ? num / den : 1;
}

/** Packets in, frames out, one call at a time: node-av crashes when two are inside one codec context. */
class FrameReader {
  private sentAll = false;
  private faults = 0;

  private constructor(
    private readonly owned: Owned,
    private readonly media: MediaFile,
    private readonly context: CodecContext,
  ) {}

  static async open(media: MediaFile): Promise<FrameReader> {
    const { codecpar, timeBase } = media.stream;
    const codec = Codec.findDecoder(codecpar.codecId);
    if (!codec || !CODECS.has(codec.name ?? '')) {
      throw new Error(
        `holds pictures (${codec?.name ?? 'of an unknown kind'}) that cannot be played here; make it an H.264 mp4`,
      );
    }
    const owned = new Owned();
    try {
      const context = owned.add('action-decoder', new CodecContext(), (decoder) => decoder.freeContext());
      context.allocContext3(codec);
      context.parametersToContext(codecpar);
      context.pktTimebase = timeBase;
      context.threadCount = 1;
      const code = await context.open2(codec);
      if (code < 0) throw new Error(`cannot be decoded (${failed(code)})`);
      return new FrameReader(owned, media, context);
    } catch (error) {
      owned.freeAll();
      throw error;
    }
  }

  /** The next frame, which the caller frees; undefined after the last. Packets that cannot be decoded are left out. */
  async next(): Promise<Frame | undefined> {
    const frame = new Frame();
    frame.alloc();
    try {
      for (;;) {
        const code = await this.context.receiveFrame(frame);
        if (code >= 0) return frame;
        if (code === AVERROR_EOF) break;
        if (code !== AVERROR_EAGAIN && ++this.faults > MAX_FAULTS) throw new Error(`is damaged (${failed(code)})`);
        if (this.sentAll) continue;
        const packet = await this.media.read();
        this.sentAll = packet === null;
        await this.context.sendPacket(packet); // what is wrong with it shows in what comes out
      }
    } catch (error) {
      frame.free();
      throw error;
    }
    frame.free();
    return undefined;
  }

  close(): void {
    this.owned.freeAll();
  }
}
