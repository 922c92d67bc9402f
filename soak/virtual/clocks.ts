import { type RTCPeerConnection, RTCRtpSender, type RtpPacket } from 'werift';
import type { I420Picture } from '../../src/main/server/avatar/avatar';
import { RtpSenderPair } from '../../src/main/server/outputs/webrtc/rtp-sender-pair';
import type { PlayoutSink } from '../../src/main/server/playout/playout';
import {
  PICTURE_MS,
  SAMPLE_RATE_HZ,
  SAMPLES_PER_FRAME,
  SAMPLES_PER_PICTURE,
  samplesToMs,
} from '../../src/shared/units';
import { OffsetWatch } from '../offset-watch';
import { StreamWatch } from '../stream-watch';
import { LOUD } from './voice';

/** Pictures between sender reports, about as often as werift sends them. */
const REPORT_EVERY_PICTURES = 25;
const KEYFRAME_EVERY_PICTURES = 250;
/** So long both sound and mouth must have been at rest for a beginning to be one. */
const REST_SAMPLES = SAMPLE_RATE_HZ;
const NAL = Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2, 3);
const NTP_UNIX_OFFSET_S = 2_208_988_800n;

export interface ClockHooks {
  /** See soak/promises.ts. */
  see(name: string, value: number, note?: string): void;
}

/**
 * What stands in the place of the encoders: no picture is encoded, but each is looked at, sent as one RTP packet by the real
 * sender with its real timestamps, and received by the same watch that real peers have.
 */
export class ClockSink implements PlayoutSink {
  readonly figures = { pictures: 0, frames: 0, wraps: { video: 0, audio: 0 }, runsOfSpeech: 0 };
  private readonly senders: RtpSenderPair;
  private readonly offset: OffsetWatch;
  private readonly streams: { video: StreamWatch; audio: StreamWatch };
  private readonly reportersOf: { kind: 'video' | 'audio'; sender: RTCRtpSender }[];
  private readonly lastTimestamp = { video: 0, audio: 0 };
  private endSamples = { picture: 0, sound: 0 };
  private readonly loud = { now: false, since: 0 };
  private readonly painted = { now: false, since: 0 };
  /** Where a run of speech began to be heard, and to be seen, after a rest of both. */
  private began: { heard?: number; seen?: number } = {};

  constructor(
    private readonly epochMs: number,
    private readonly paintedLuma: number,
    private readonly nowSamples: () => number,
    private readonly hooks: ClockHooks,
  ) {
    this.offset = new OffsetWatch({
      onOffset: (ms) => hooks.see('sound and picture together', Math.abs(ms)),
      onReportJump: (ms) => hooks.see('reports agree', ms),
      onDrift: (ms) => hooks.see('media keeps time', Math.abs(ms)),
    });
    const stream = (kind: string) => ({
      onMissing: (units: number) => hooks.see(`${kind} whole`, units, `${units} missing`),
      onBackward: (ticks: number) => hooks.see('timestamps go up', 1, `${kind} by ${ticks}`),
      onOddStep: (ticks: number) => hooks.see('timestamps on grid', 1, `${kind} by ${ticks}`),
    });
    this.streams = {
      video: new StreamWatch(90_000, 3_600, stream('pictures')),
      audio: new StreamWatch(48_000, 960, stream('sound')),
    };
    this.reportersOf = (['video', 'audio'] as const).map((kind) => ({ kind, sender: this.senderOf(kind) }));
    const transceivers = this.reportersOf.map(({ kind, sender }) => ({ kind, sender }));
    const connection = { getTransceivers: () => transceivers, iceTransports: [] } as unknown as RTCPeerConnection;
    this.senders = new RtpSenderPair(connection, 'h264');
    this.senders.start({
      epochMs,
      video: { codec: 'h264', widthPx: 64, heightPx: 64, extradata: undefined },
      audio: { codec: 'opus', sampleRateHz: 48_000, channels: 1 },
    });
    this.senders.setConnected(true);
  }

  picture(picture: I420Picture, ptsSamples: number, release?: () => void): void {
    const { figures } = this;
    const middle = picture.data[(picture.heightPx / 2) * picture.widthPx + picture.widthPx / 2]!;
    this.notice('painted', middle > this.paintedLuma, ptsSamples);
    release?.();
    const keyframe = figures.pictures % KEYFRAME_EVERY_PICTURES === 0;
    this.senders.video({ data: NAL, ptsSamples, durationSamples: SAMPLES_PER_PICTURE, keyframe });
    this.endSamples.picture = ptsSamples + SAMPLES_PER_PICTURE;
    if (figures.pictures++ % REPORT_EVERY_PICTURES === 0) this.report();
  }

  audio(samples: Float32Array, ptsSamples: number): void {
    this.notice('loud', samples[SAMPLES_PER_FRAME - 1]! > LOUD / 2, ptsSamples);
    this.senders.audio({ data: NAL, ptsSamples, durationSamples: SAMPLES_PER_FRAME, keyframe: true });
    this.figures.frames++;
    this.endSamples.sound = ptsSamples + SAMPLES_PER_FRAME;
  }

  /** Pictures and frames that timestamps leave out. */
  get missing(): { video: number; audio: number } {
    return { video: this.streams.video.figures.missingUnits, audio: this.streams.audio.figures.missingUnits };
  }

  /** How far the three clocks are apart: what was heard, what was seen, and the time that it is. */
  apartMs(): { soundAndPicture: number; mediaAndMachine: number } {
    const { picture, sound } = this.endSamples;
    return {
      // Counted, not read off the last timestamps: a machine that stands still in the middle of a picture skips before its next.
      soundAndPicture: Math.abs(
        samplesToMs(this.figures.pictures * SAMPLES_PER_PICTURE - this.figures.frames * SAMPLES_PER_FRAME),
      ),
      mediaAndMachine: Math.abs(samplesToMs(this.nowSamples() - Math.max(picture, sound))),
    };
  }

  /** A run of speech that comes after a rest must be seen when it is heard. */
  private notice(what: 'loud' | 'painted', now: boolean, atSamples: number): void {
    const state = this[what];
    if (state.now === now) return;
    const rested = atSamples - Math.max(this.loud.since, this.painted.since) > REST_SAMPLES;
    Object.assign(state, { now, since: atSamples });
    if (!now) return;
    if (rested) this.began = {};
    else if (this.began.heard === undefined && this.began.seen === undefined) return;
    this.began[what === 'loud' ? 'heard' : 'seen'] = atSamples;
    const { heard, seen } = this.began;
    if (heard === undefined || seen === undefined) return;
    this.began = {};
    this.figures.runsOfSpeech++;
    this.hooks.see('speech seen as heard', Math.abs(samplesToMs(seen - heard)));
  }

  private report(): void {
    for (const { kind, sender } of this.reportersOf) {
      const { ntpTimestamp, rtpTimestamp } = sender as unknown as { ntpTimestamp: bigint; rtpTimestamp: number };
      const seconds = Number((ntpTimestamp >> 32n) - NTP_UNIX_OFFSET_S);
      const unixMs = (seconds + Number(ntpTimestamp & 0xffff_ffffn) / 2 ** 32) * 1_000;
      this.offset.report(kind, { unixMs, rtpTimestamp });
      const dueMs = this.epochMs + samplesToMs(this.endSamples.sound);
      this.hooks.see('reports tell the time', Math.abs(unixMs - dueMs) - PICTURE_MS, `${kind}`);
    }
  }

  /** As werift's own: it notes the timestamp that its reports are made of. The rest is the network, which there is not. */
  private senderOf(kind: 'video' | 'audio'): RTCRtpSender {
    const sender = new RTCRtpSender(kind);
    sender.sendRtp = async (packet) => {
      const { timestamp, sequenceNumber, marker } = (packet as RtpPacket).header;
      (sender as unknown as { rtpTimestamp: number }).rtpTimestamp = timestamp;
      if (timestamp < this.lastTimestamp[kind]) this.figures.wraps[kind]++;
      this.lastTimestamp[kind] = timestamp;
      const nowMs = samplesToMs(this.nowSamples());
      this.streams[kind].push({ sequenceNumber, timestamp, marker, arrivedMs: nowMs });
      this.offset.arrived(kind, timestamp, this.epochMs + nowMs);
    };
    return sender;
  }
}
