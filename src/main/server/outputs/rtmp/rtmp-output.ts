import { CodecParameters } from 'node-av/lib';
import { SAMPLE_RATE_HZ } from '../../../../shared/units';
import { AacEncoder } from '../../encode/aac';
import { HeraldError } from '../../errors';
import { backoffMs } from '../backoff';
import { NextTry } from '../next-try';
import type { EncodedPacket, MediaFormat } from '../output';
import type { PushOptions, PushOutput, PushState } from '../push';
import { Feed } from './feed';
import { type LinkLimits, RtmpLink } from './link';
import type { AacFormat, FlvFormat } from './messages';

const AAC_BITRATE_BPS = 128_000;
const AAC_SAMPLES_PER_PACKET = 1_024;
/** What the platforms ask for (YouTube, Twitch): viewers can only begin at a keyframe. */
const KEYFRAME_INTERVAL_MS = 2_000;
/** A connection that held so long was a good one. */
const GOOD_AFTER_MS = 10_000;

export function openRtmp(options: PushOptions): RtmpOutput {
  return new RtmpOutput(options);
}

/**
 * Sends the program to an RTMP server: its pictures as they are, and its sound as AAC. It connects in the background and again
 * whenever the connection is lost, for as long as it is wanted: whether a server that refuses a stream will take it in a minute
 * (its old connection is not noticed as dead yet, say) cannot be told from here.
 */
export class RtmpOutput implements PushOutput {
  readonly kind = 'rtmp';
  readonly keyframeIntervalMs = KEYFRAME_INTERVAL_MS;
  onChange: (state: PushState, reason?: string) => void = () => {};
  private readonly feed: Feed;
  private readonly link: RtmpLink;
  private readonly sums = { connects: 0, sentPackets: 0, sentBytes: 0 };
  private state_: PushState = 'connecting';
  /** In a row. */
  private failures = 0;
  private format: FlvFormat | undefined;
  private aac: AacEncoder | undefined;
  /** From the encoder's count of samples to the session's clock. */
  private soundOriginSamples = 0;
  private heardSamples = 0;
  private again: NodeJS.Timeout | undefined;
  private readonly nextTry = new NextTry();
  private good: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly options: Pick<PushOptions, 'url' | 'requestKeyframe'>,
    limits?: LinkLimits,
  ) {
    this.feed = new Feed((packet) => {
      this.sums.sentPackets++;
      this.sums.sentBytes += packet.data.length;
      this.link.send(packet);
    }, options.requestKeyframe);
    this.link = new RtmpLink(
      {
        onConnected: () => this.connected(),
        onWritten: (packets) => this.feed.left(packets),
        onLost: (reason) => this.lost(reason),
      },
      limits,
    );
  }

  get state(): PushState {
    return this.state_;
  }

  get figures(): Record<string, number> {
    const { droppedPictures, droppedSounds, backlogMs } = this.feed;
    const retryInMs = this.nextTry.inMs;
    return { ...this.sums, droppedPictures, droppedSounds, backlogMs: Math.round(backlogMs), retryInMs };
  }

  async start(format: MediaFormat): Promise<void> {
    if (format.video.codec !== 'h264') {
      const remedy = 'open a session of its own for it (POST /api/sessions), or let the viewer offer H.264';
      throw new HeraldError(
        'refused',
        `RTMP carries H.264, and this session is encoded as VP8 for its viewer: ${remedy}`,
      );
    }
    this.aac = await AacEncoder.open(AAC_BITRATE_BPS, (packet) => this.soundPacket(packet));
    this.format = { picture: format, sound: describe(this.aac) };
    if (this.closing) this.aac.close();
    else this.connect();
  }

  video(packet: EncodedPacket): void {
    if (!this.closing) this.feed.video(packet);
  }

  /** Viewers' Opus: FLV has no place for it. */
  audio(): void {}

  sound(samples: Float32Array, ptsSamples: number): void {
    if (this.closing) return;
    // The session's clock may skip (the machine slept), the encoder's count does not.
    this.soundOriginSamples = ptsSamples - this.heardSamples;
    this.heardSamples += samples.length;
    try {
      this.aac?.encode(samples);
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  close(state: 'closed' | 'failed' = 'closed', reason?: string): Promise<void> {
    this.closing ??= (async () => {
      clearTimeout(this.again);
      clearTimeout(this.good);
      this.feed.end();
      this.aac?.close();
      await this.link.close();
      this.set(state, reason);
    })();
    return this.closing;
  }

  private soundPacket(packet: EncodedPacket): void {
    this.feed.audio({ ...packet, ptsSamples: packet.ptsSamples + this.soundOriginSamples });
  }

  private connect(): void {
    if (this.format) this.link.connect(this.options.url, this.format);
  }

  private connected(): void {
    this.sums.connects++;
    this.feed.begin();
    this.good = setTimeout(() => {
      this.failures = 0;
    }, GOOD_AFTER_MS);
    this.set('live');
  }

  private lost(reason: string): void {
    if (this.closing) return;
    clearTimeout(this.good);
    this.feed.end();
    this.again = setTimeout(() => this.connect(), this.nextTry.in(backoffMs(++this.failures)));
    this.set('reconnecting', reason);
  }

  /** Nothing can come of it any more: whoever attached it is to take it off. */
  private fail(reason: string): void {
    void this.close('failed', reason);
  }

  private set(state: PushState, reason?: string): void {
    this.state_ = state;
    this.onChange(state, reason);
  }
}

function describe(aac: AacEncoder): AacFormat {
  const parameters = new CodecParameters();
  parameters.alloc();
  try {
    aac.describe(parameters);
    return {
      sampleRateHz: SAMPLE_RATE_HZ,
      bitrateBps: AAC_BITRATE_BPS,
      samplesPerPacket: AAC_SAMPLES_PER_PACKET,
      extradata: Buffer.from(parameters.extradata!),
    };
  } finally {
    parameters.free();
  }
}
