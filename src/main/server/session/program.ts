import { msToSamples, SAMPLES_PER_PICTURE } from '../../../shared/units';
import type { I420Picture } from '../avatar/avatar';
import { OpusEncoder } from '../encode/opus';
import { type VideoCodec, VideoEncoder } from '../encode/video';
import type { Adaptive, EncodedPacket, MediaFormat, Output } from '../outputs/output';
import type { PlayoutSink } from '../playout/playout';
import { Keyframes } from './keyframes';
import { LiveRendition, sharedBitrateBps } from './live-rendition';

export interface ProgramOptions {
  videoCodec: VideoCodec;
  widthPx: number;
  heightPx: number;
  videoBitrateBps: number;
  audioBitrateBps: number;
  epochMs: number;
  onError: (error: Error) => void;
}

/** With nobody asking, a keyframe every 10 s lets a viewer that missed everything recover. */
const KEYFRAME_INTERVAL_PICTURES = 250;

/**
 * The fixed rendition of a session: encoded once, handed to every attached output. Beside it, while some viewer's network cannot
 * carry it, the live one.
 */
export class Program implements PlayoutSink {
  private readonly outputs = new Set<Output>();
  private readonly keyframes = new Keyframes();
  private readonly live: LiveRendition;
  /** Who is, or is about to be, sent the live rendition. */
  private readonly onLive = new Set<Adaptive>();
  private renditionSwitches = 0;

  private constructor(
    private readonly options: ProgramOptions,
    private readonly opus: OpusEncoder,
    private readonly video: VideoEncoder,
  ) {
    const { videoCodec, widthPx, heightPx, videoBitrateBps: ceilingBps, onError } = options;
    this.live = new LiveRendition({
      videoCodec,
      widthPx,
      heightPx,
      ceilingBps,
      onPacket: (packet, parameterSets) => {
        for (const viewer of this.adaptive()) viewer.live(packet, parameterSets);
      },
      onError,
    });
  }

  static async open(options: ProgramOptions): Promise<Program> {
    const opus = await OpusEncoder.open(options.audioBitrateBps);
    try {
      let program: Program | undefined;
      const video = await VideoEncoder.open(
        {
          codec: options.videoCodec,
          widthPx: options.widthPx,
          heightPx: options.heightPx,
          bitrateBps: options.videoBitrateBps,
          keyframeIntervalPictures: KEYFRAME_INTERVAL_PICTURES,
        },
        (packet) => program?.videoPacket(packet),
        options.onError,
      );
      program = new Program(options, opus, video);
      return program;
    } catch (error) {
      opus.close();
      throw error;
    }
  }

  get format(): MediaFormat {
    const { videoCodec, widthPx, heightPx, epochMs, videoBitrateBps: bitrateBps } = this.options;
    return {
      epochMs,
      video: { codec: videoCodec, widthPx, heightPx, bitrateBps, extradata: this.video.extradata },
      audio: { codec: 'opus', sampleRateHz: 48_000, channels: 1 },
    };
  }

  get droppedPictures(): number {
    return this.video.droppedPictures;
  }

  /** Who is sent which rendition, and what the live one is like. */
  get figures(): Record<string, number> {
    let [viewersOnProgram, viewersOnLive, slowestViewerBps] = [0, 0, 0];
    for (const { rendition, pictureBps } of this.adaptive()) {
      if (rendition === 'live') viewersOnLive++;
      else viewersOnProgram++;
      slowestViewerBps = Math.min(slowestViewerBps || pictureBps, pictureBps);
    }
    const { renditionSwitches } = this;
    return {
      viewersOnProgram,
      viewersOnLive,
      slowestViewerBps: Math.round(slowestViewerBps),
      renditionSwitches,
      ...this.live.figures,
    };
  }

  /** How many take its packets. */
  get outputCount(): number {
    return this.outputs.size;
  }

  async attach(output: Output): Promise<void> {
    await output.start(this.format);
    this.outputs.add(output);
    this.requestKeyframe();
  }

  detach(output: Output): void {
    this.outputs.delete(output);
    if (output.adaptive) this.onLive.delete(output.adaptive);
  }

  /** With the next picture, or the first one that is far enough from the last keyframe. */
  requestKeyframe(): void {
    this.keyframes.request();
  }

  picture(picture: I420Picture, ptsSamples: number, release?: () => void): void {
    const liveBps: number[] = [];
    for (const viewer of this.adaptive()) {
      const live = viewer.rendition === 'live';
      if (live) liveBps.push(viewer.pictureBps);
      if (live !== this.onLive.has(viewer)) {
        this.renditionSwitches++;
        if (live) this.onLive.add(viewer);
        else this.onLive.delete(viewer);
      }
      if (!viewer.asksForKeyframe()) continue;
      if (live) this.live.requestKeyframe();
      else this.requestKeyframe();
    }
    if (this.keyframes.due(ptsSamples, this.cadenceSamples())) {
      for (const viewer of this.adaptive()) viewer.keyframeAt('program', ptsSamples);
      this.video.requestKeyframe();
    }
    const takers = [...this.outputs].filter((output) => output.picture);
    let readers = 2 + takers.length;
    const read = () => {
      if (--readers === 0) release?.();
    };
    this.video.encode(picture, ptsSamples, read);
    this.live.picture(picture, ptsSamples, sharedBitrateBps(liveBps), read);
    for (const taker of takers) taker.picture!(picture, read);
  }

  audio(samples: Float32Array, ptsSamples: number): void {
    for (const output of this.outputs) output.sound?.(samples, ptsSamples);
    const packet = this.opus.encode(samples, ptsSamples);
    if (packet) for (const output of this.outputs) output.audio(packet);
  }

  async close(): Promise<void> {
    this.outputs.clear();
    this.opus.close();
    await Promise.all([this.video.close(), this.live.close()]);
  }

  private *adaptive(): Generator<Adaptive> {
    for (const { adaptive } of this.outputs) if (adaptive) yield adaptive;
  }

  private videoPacket(packet: EncodedPacket): void {
    if (packet.keyframe) this.keyframes.made(packet.ptsSamples);
    for (const output of this.outputs) output.video(packet);
  }

  /** The strictest that an attached output asks for. */
  private cadenceSamples(): number {
    let samples = KEYFRAME_INTERVAL_PICTURES * SAMPLES_PER_PICTURE;
    for (const { keyframeIntervalMs } of this.outputs) {
      if (keyframeIntervalMs !== undefined) samples = Math.min(samples, msToSamples(keyframeIntervalMs));
    }
    return samples;
  }
}
