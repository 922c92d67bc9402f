import { AV_CHANNEL_LAYOUT_MONO, AV_SAMPLE_FMT_S16P } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Packet } from 'node-av/lib';

/** 24 kHz is MPEG-2 layer III: half the frame of 44.1 and 48 kHz. */
export const mp3FrameSamples = (rateHz: number): number => (rateHz < 32_000 ? 576 : 1_152);

/** Bare mp3 frames of constant bit rate, one buffer each, without ID3 or Xing: what voice services stream. */
export function encodeMp3(samples: Float32Array, rateHz = 24_000, bitrateBps = 48_000): Buffer[] {
  const codec = Codec.findEncoderByName('libmp3lame' as never);
  if (!codec) throw new Error('this FFmpeg has no libmp3lame');
  const context = new CodecContext();
  const packet = new Packet();
  packet.alloc();
  const out: Buffer[] = [];
  const write = (frame: Frame | null) => {
    FFmpegError.throwIfError(context.sendFrameSync(frame), 'encode');
    while (context.receivePacketSync(packet) >= 0) {
      out.push(Buffer.from(packet.data!));
      packet.unref();
    }
  };
  try {
    context.allocContext3(codec);
    context.sampleRate = rateHz;
    context.sampleFormat = AV_SAMPLE_FMT_S16P;
    context.channelLayout = AV_CHANNEL_LAYOUT_MONO;
    context.bitRate = BigInt(bitrateBps);
    FFmpegError.throwIfError(context.open2Sync(codec, null), 'open libmp3lame');
    const frameSamples = mp3FrameSamples(rateHz);
    for (let at = 0; at < samples.length; at += frameSamples) {
      const part = samples.subarray(at, at + frameSamples);
      const bytes = Buffer.alloc(part.length * 2);
      for (let i = 0; i < part.length; i++) bytes.writeInt16LE(Math.round(part[i]! * 32_767), 2 * i);
      const frame = Frame.fromAudioBuffer(bytes, {
        nbSamples: part.length,
        format: AV_SAMPLE_FMT_S16P,
        sampleRate: rateHz,
        channelLayout: AV_CHANNEL_LAYOUT_MONO,
        timeBase: { num: 1, den: rateHz },
        pts: BigInt(at),
      });
      write(frame);
      frame.free();
    }
    write(null);
    return out;
  } finally {
    packet.free();
    context.freeContext();
  }
}

/** A sine that never repeats a frame: it glides, so that a lost or doubled frame shows. */
export function glide(samples: number, rateHz = 24_000, amplitude = 0.25): Float32Array {
  return Float32Array.from({ length: samples }, (_, i) => {
    const t = i / rateHz;
    return amplitude * Math.sin(2 * Math.PI * (200 * t + 150 * t * t));
  });
}
