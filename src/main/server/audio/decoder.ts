import { AV_CHANNEL_LAYOUT_MONO, AV_SAMPLE_FMT_FLT, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { Codec, CodecContext, Frame, type Packet, SoftwareResampleContext, type Stream } from 'node-av/lib';
import { HeraldError } from '../errors';
import { CODECS } from './demux';
import type { PcmChunk } from './frame';
import { Owned } from './owned';
import { MAX_RATE_HZ, MIN_RATE_HZ } from './resample';

/** Turns packets of one sound track into mono float PCM at the track's own rate. Synchronous. */
export class PacketDecoder {
  readonly #owned = new Owned();
  readonly #mixers = new Owned();
  readonly #context: CodecContext;
  readonly #frame: Frame;
  #mixer: { key: string; swr: SoftwareResampleContext } | undefined;
  /** Packets or frames that could not be decoded; they are left out. */
  damaged = 0;

  /** @throws HeraldError('refused') for a codec that is not read here. */
  constructor(stream: Stream) {
    const codec = Codec.findDecoder(stream.codecpar.codecId);
    if (!codec || !CODECS.has(codec.name ?? '')) {
      throw new HeraldError(
        'refused',
        `The sound track is ${codec?.name ?? 'in a format'} that cannot be played here.`,
      );
    }
    try {
      this.#context = this.#owned.add('audio-decoder', new CodecContext(), (context) => context.freeContext());
      this.#context.allocContext3(codec);
      this.#context.parametersToContext(stream.codecpar);
      // The decoder cuts encoder delay and padding only when it knows the packets' clock.
      this.#context.pktTimebase = stream.timeBase;
      this.#context.threadCount = 1;
      if (this.#context.open2Sync(codec, null) < 0) {
        throw new HeraldError('refused', `The ${codec.name} sound track is damaged and cannot be opened.`);
      }
      this.#frame = this.#owned.add('frame', new Frame(), (frame) => frame.free());
      this.#frame.alloc();
    } catch (error) {
      this.#owned.freeAll();
      throw error;
    }
  }

  /** Takes a packet (null = the end) and returns the PCM that is ready, empty when the packet was bad. */
  decode(packet: Packet | null): PcmChunk[] {
    const out: PcmChunk[] = [];
    const sent = this.#context.sendPacketSync(packet);
    if (sent < 0 && sent !== AVERROR_EOF) this.damaged++;
    for (;;) {
      const code = this.#context.receiveFrameSync(this.#frame);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return out;
      if (code < 0) {
        this.damaged++;
        return out;
      }
      const chunk = this.#mix(this.#frame);
      this.#frame.unref();
      if (chunk) out.push(chunk);
    }
  }

  close(): void {
    this.#mixers.freeAll();
    this.#owned.freeAll();
  }

  /** Any sample format and channel layout -> mono float. 5.1 is mixed down as FFmpeg does, scaled so that it cannot clip. */
  #mix(frame: Frame): PcmChunk | undefined {
    const { nbSamples, sampleRate, channelLayout, format } = frame;
    const planes = frame.extendedData ?? frame.data;
    if (nbSamples <= 0 || sampleRate < MIN_RATE_HZ || sampleRate > MAX_RATE_HZ || !planes) {
      this.damaged++;
      return undefined;
    }
    const key = `${format} ${sampleRate} ${channelLayout.nbChannels} ${channelLayout.order} ${channelLayout.mask}`;
    if (this.#mixer?.key !== key) {
      // A chained ogg or an aac that finds its upper half late changes format on the way.
      this.#mixers.freeAll();
      this.#mixer = undefined;
      const swr = this.#mixers.add('mixer', new SoftwareResampleContext(), (context) => context.free());
      const set = swr.allocSetOpts2(
        AV_CHANNEL_LAYOUT_MONO,
        AV_SAMPLE_FMT_FLT,
        sampleRate,
        channelLayout,
        format as never,
        sampleRate,
      );
      // Without it float output sums the channels unscaled: +3 dB for a centred voice in stereo.
      swr.setOption('rematrix_maxval', 1);
      if (set < 0 || swr.init() < 0) {
        this.damaged++;
        return undefined;
      }
      this.#mixer = { key, swr };
    }
    const samples = new Float32Array(nbSamples);
    const bytes = Buffer.from(samples.buffer);
    const made = this.#mixer.swr.convertSync([bytes], nbSamples, planes, nbSamples);
    if (made < 0) {
      this.damaged++;
      return undefined;
    }
    for (let i = 0; i < made; i++) {
      const x = samples[i]!;
      // Float files may hold anything; NaN would poison every filter behind us.
      samples[i] = x > 1 ? 1 : x < -1 ? -1 : Number.isNaN(x) ? 0 : x;
    }
    return { samples: samples.subarray(0, made), sampleRateHz: sampleRate };
  }
}
