import { PICTURES_PER_SECOND, SAMPLE_RATE_HZ, SAMPLES_PER_PICTURE } from '../../../shared/units';
import type { I420Picture } from '../avatar/avatar';
import { type Shape, ShapeChoice } from '../encode/shapes';
import { Shrinker } from '../encode/shrinker';
import { type VideoCodec, VideoEncoder } from '../encode/video';
import type { EncodedPacket } from '../outputs/output';
import { Keyframes } from './keyframes';

export interface LiveOptions {
  videoCodec: VideoCodec;
  widthPx: number;
  heightPx: number;
  /** The program's: more than that nobody is sent. */
  ceilingBps: number;
  onPacket: (packet: EncodedPacket, parameterSets: Uint8Array | undefined) => void;
  onError: (error: Error) => void;
}

/** A viewer that lost what it needs gets it again within this time without asking. */
const KEYFRAME_INTERVAL_PICTURES = 4 * PICTURES_PER_SECOND;
/** Viewers come and go between renditions: an encoder is kept for a moment after the last one left. */
const KEEP_SAMPLES = 2 * SAMPLE_RATE_HZ;
const RETUNE_FROM = 0.05;
/** A codec that cannot be retuned begins anew, with a keyframe: for a larger change, and not more often than this. */
const REOPEN_FROM = 0.2;
const REOPEN_AFTER_SAMPLES = SAMPLE_RATE_HZ;
const REOPEN_FAILED_AFTER_SAMPLES = 5 * SAMPLE_RATE_HZ;

interface Running {
  video: VideoEncoder;
  shape: Shape;
  shrinker: Shrinker | undefined;
  bitrateBps: number;
  sinceSamples: number;
}

/**
 * What the live rendition is encoded at when its viewers' networks carry this much: the lowest quarter's best. With up to four of
 * them that is the slowest one; among many a single one on a train does not decide what all others see. Who has less than that
 * is sent what fits: some pictures are left out for it.
 */
export function sharedBitrateBps(viewersBps: readonly number[]): number | undefined {
  const sorted = [...viewersBps].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 4)];
}

/**
 * The second rendition of a session, for viewers whose network cannot carry the program: same pictures, same clock, as many bits
 * as those viewers have, in smaller pictures or fewer where that looks better. It costs nothing while nobody needs it.
 */
export class LiveRendition {
  private readonly shapes: ShapeChoice;
  private readonly keyframes = new Keyframes();
  private running: Running | undefined;
  private opening: Promise<void> | undefined;
  private opened: Running | undefined;
  private readonly retired = new Set<Promise<void>>();
  private wantedBps: number | undefined;
  private wantedSamples = 0;
  private notBeforeSamples = Number.NEGATIVE_INFINITY;
  private pictures = 0;
  private closed = false;

  constructor(private readonly options: LiveOptions) {
    this.shapes = new ShapeChoice(options.widthPx, options.heightPx);
  }

  get figures(): { liveBitrateBps: number; liveWidthPx: number; livePicturesPerSecond: number } {
    const { running } = this;
    return {
      liveBitrateBps: running?.bitrateBps ?? 0,
      liveWidthPx: running?.shape.widthPx ?? 0,
      livePicturesPerSecond: running ? PICTURES_PER_SECOND / running.shape.everyNth : 0,
    };
  }

  /** With its next picture, or the first one that is far enough from its last keyframe. */
  requestKeyframe(): void {
    this.keyframes.request();
  }

  /**
   * Call with every picture.
   * @param bitrateBps what its viewers can be sent; undefined while there are none
   * @param release called once the picture's bytes have been read
   */
  picture(picture: I420Picture, ptsSamples: number, bitrateBps: number | undefined, release: () => void): void {
    this.steer(bitrateBps, ptsSamples);
    this.change();
    const { running } = this;
    if (!running || this.closed || this.pictures++ % running.shape.everyNth !== 0) {
      release();
      return;
    }
    if (this.keyframes.due(ptsSamples, KEYFRAME_INTERVAL_PICTURES * SAMPLES_PER_PICTURE))
      running.video.requestKeyframe();
    if (!running.shrinker) {
      running.video.encode(picture, ptsSamples, release);
      return;
    }
    let small: ReturnType<Shrinker['shrink']>;
    try {
      small = running.shrinker.shrink(picture);
    } catch (error) {
      this.options.onError(error as Error);
    }
    release();
    if (small) running.video.encode(small.picture, ptsSamples, small.release);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.opening;
    this.retire(this.opened);
    this.retire(this.running);
    this.opened = this.running = undefined;
    await Promise.all(this.retired);
  }

  private steer(bitrateBps: number | undefined, nowSamples: number): void {
    if (bitrateBps === undefined) {
      if (nowSamples - this.wantedSamples < KEEP_SAMPLES) return;
      this.wantedBps = undefined;
      this.retire(this.running);
      this.running = undefined;
      return;
    }
    this.wantedSamples = nowSamples;
    this.wantedBps = Math.round(Math.min(bitrateBps, this.options.ceilingBps));
    if (this.opening || this.opened || nowSamples < this.notBeforeSamples) return;
    const shape = this.shapes.choose(this.wantedBps, nowSamples);
    const { running, wantedBps } = this;
    const off = running ? Math.abs(wantedBps / running.bitrateBps - 1) : 1;
    if (running && running.shape === shape) {
      if (off < RETUNE_FROM) return;
      if (running.video.retune(rateFor(wantedBps))) {
        running.bitrateBps = wantedBps;
        return;
      }
      if (off < REOPEN_FROM || nowSamples - running.sinceSamples < REOPEN_AFTER_SAMPLES) return;
    }
    this.opening = this.open(shape, wantedBps, nowSamples).finally(() => {
      this.opening = undefined;
    });
  }

  /** From one encoder to the next, between two pictures. */
  private change(): void {
    const next = this.opened;
    if (!next) return;
    this.opened = undefined;
    this.retire(this.running);
    this.running = next;
    this.pictures = 0;
    // It begins with one.
    this.keyframes.made(next.sinceSamples);
  }

  private async open(shape: Shape, bitrateBps: number, nowSamples: number): Promise<void> {
    const { videoCodec: codec, widthPx, heightPx, onPacket, onError } = this.options;
    try {
      let parameterSets: Uint8Array | undefined;
      const video = await VideoEncoder.open(
        {
          codec,
          widthPx: shape.widthPx,
          heightPx: shape.heightPx,
          bitrateBps: rateFor(bitrateBps),
          keyframeIntervalPictures: KEYFRAME_INTERVAL_PICTURES,
          picturesPerSecond: PICTURES_PER_SECOND / shape.everyNth,
        },
        (packet) => {
          if (packet.keyframe) this.keyframes.made(packet.ptsSamples);
          onPacket(packet, parameterSets);
        },
        onError,
      );
      parameterSets = video.extradata;
      const whole = shape.widthPx === widthPx && shape.heightPx === heightPx;
      const shrinker = whole ? undefined : new Shrinker(shape.widthPx, shape.heightPx);
      this.opened = { video, shape, shrinker, bitrateBps, sinceSamples: nowSamples };
    } catch (error) {
      // The program goes on; it is tried again in a while.
      this.notBeforeSamples = nowSamples + REOPEN_FAILED_AFTER_SAMPLES;
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private retire(running: Running | undefined): void {
    if (!running) return;
    const gone = running.video.close().finally(() => {
      running.shrinker?.close();
      this.retired.delete(gone);
    });
    this.retired.add(gone);
  }
}

/** x264 counts in kbit/s. */
const rateFor = (bitrateBps: number) => Math.max(1_000, Math.round(bitrateBps / 1_000) * 1_000);
