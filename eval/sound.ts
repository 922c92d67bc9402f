import { readFileSync } from 'node:fs';
import { AV_CHANNEL_LAYOUT_MONO, AV_CODEC_ID_ADPCM_G722, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import { openAudio } from '../src/main/server/audio/decode';
import { Resampler } from '../src/main/server/audio/resample';
import { FEATURE_RATE_HZ, SAMPLE_RATE_HZ } from '../src/shared/units';

/** A file as the walk hears it: decoded to 48 kHz like an upload, then to the 16 kHz that features are made of. */
export async function heard(file: string): Promise<Float32Array> {
  const audio = await openAudio(readFileSync(file));
  const resampler = new Resampler(SAMPLE_RATE_HZ, FEATURE_RATE_HZ);
  const parts: Float32Array[] = [];
  try {
    for await (const { samples } of audio.chunks()) parts.push(resampler.push(samples));
  } finally {
    await audio.close();
  }
  return joined([...parts, resampler.flush()]);
}

/** Bytes of G.722 in a packet: 20 ms. */
const PACKET_BYTES = 160;

/** G.722 has no header and no container: 16 kHz mono at 64 kbit/s, two samples a byte. It is no upload's format, so it is decoded here. */
export function readG722(file: string): Float32Array {
  const bytes = readFileSync(file);
  const codec = Codec.findDecoder(AV_CODEC_ID_ADPCM_G722);
  if (!codec) throw new Error('This FFmpeg was built without G.722.');
  const context = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  try {
    context.allocContext3(codec);
    context.sampleRate = FEATURE_RATE_HZ;
    context.channelLayout = AV_CHANNEL_LAYOUT_MONO;
    if (context.open2Sync(codec, null) < 0) throw new Error('The G.722 decoder cannot be opened.');
    packet.alloc();
    frame.alloc();
    const parts: Float32Array[] = [];
    const receive = () => {
      for (;;) {
        const code = context.receiveFrameSync(frame);
        if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
        if (code < 0) throw new Error(`${file} is damaged.`);
        parts.push(fromS16(frame.data![0]!, frame.nbSamples));
        frame.unref();
      }
    };
    for (let at = 0; at < bytes.length; at += PACKET_BYTES) {
      packet.data = Buffer.from(bytes.subarray(at, at + PACKET_BYTES));
      if (context.sendPacketSync(packet) < 0) throw new Error(`${file} is damaged.`);
      packet.unref();
      receive();
    }
    context.sendPacketSync(null);
    receive();
    return joined(parts);
  } finally {
    frame.free();
    packet.free();
    context.freeContext();
  }
}

const fromS16 = (plane: Buffer, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => plane.readInt16LE(2 * i) / 32_768);

export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
