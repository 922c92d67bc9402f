import { AV_CODEC_ID_OPUS } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Packet } from 'node-av/lib';
import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME } from '../src/shared/units';
import type { ReceivedStream } from './viewer';

/** 20 ms as a receiver hears them. */
export interface HeardFrame {
  /** Samples since the first packet, by RTP timestamps. */
  atSamples: number;
  /** 960 samples. */
  samples: Float32Array;
}

/** Decodes what arrived, in order of sequence. Opus of 48 kHz mono; the first frames of a stream settle. */
export function heard({ packets }: Pick<ReceivedStream, 'packets'>): HeardFrame[] {
  const codec = Codec.findDecoder(AV_CODEC_ID_OPUS)!;
  const context = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  try {
    context.allocContext3(codec);
    context.sampleRate = SAMPLE_RATE_HZ;
    FFmpegError.throwIfError(context.open2Sync(codec, null), 'open the Opus decoder');
    packet.alloc();
    frame.alloc();
    const first = packets[0]?.timestamp ?? 0;
    return packets.map(({ payload, timestamp }) => {
      packet.data = payload;
      FFmpegError.throwIfError(context.sendPacketSync(packet), 'decode');
      packet.unref();
      FFmpegError.throwIfError(context.receiveFrameSync(frame), 'decode');
      const bytes = frame.data![0]!;
      const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + SAMPLES_PER_FRAME * 4));
      frame.unref();
      return { atSamples: (timestamp - first) >>> 0, samples };
    });
  } finally {
    frame.free();
    packet.free();
    context.freeContext();
  }
}

/** Amplitude of one pitch in a block (Goertzel 1958). */
export function amplitudeOf(pitchHz: number, samples: Float32Array, rateHz = SAMPLE_RATE_HZ): number {
  const k = 2 * Math.cos((2 * Math.PI * pitchHz) / rateHz);
  let [a, b] = [0, 0];
  for (const sample of samples) [a, b] = [sample + k * a - b, a];
  return (2 * Math.sqrt(Math.max(0, a * a + b * b - k * a * b))) / samples.length;
}
