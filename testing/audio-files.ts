import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  AV_SAMPLE_FMT_S16P,
  type AVSampleFormat,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, Rational } from 'node-av/lib';

/** 16-bit PCM wav, written by hand. `sample(i, channel)` is in [-1, 1]. */
export function wav(
  samples: number,
  rateHz: number,
  channels = 1,
  sample: (i: number, channel: number) => number = (i) => 0.25 * Math.sin((2 * Math.PI * 440 * i) / rateHz),
): Buffer {
  const out = wavHeader(samples * channels * 2, rateHz, channels, samples * channels * 2);
  for (let i = 0; i < samples; i++) {
    for (let c = 0; c < channels; c++) out.writeInt16LE(Math.round(sample(i, c) * 32_767), 44 + 2 * (i * channels + c));
  }
  return out;
}

/** A wav header that claims `dataBytes`, followed by `bodyBytes` of silence. */
export function wavHeader(dataBytes: number, rateHz: number, channels: number, bodyBytes = 0): Buffer {
  const out = Buffer.alloc(44 + bodyBytes);
  out.write('RIFF', 0, 'latin1');
  out.writeUInt32LE(Math.min(0xffff_ffff, dataBytes + 36), 4);
  out.write('WAVEfmt ', 8, 'latin1');
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(channels, 22);
  out.writeUInt32LE(rateHz, 24);
  out.writeUInt32LE(rateHz * channels * 2, 28);
  out.writeUInt16LE(channels * 2, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36, 'latin1');
  out.writeUInt32LE(Math.min(0xffff_ffff, dataBytes), 40);
  return out;
}

const ENCODERS: Record<string, { format: AVSampleFormat; frameSamples: number }> = {
  libmp3lame: { format: AV_SAMPLE_FMT_S16P, frameSamples: 1_152 },
  aac: { format: AV_SAMPLE_FMT_FLTP, frameSamples: 1_024 },
  flac: { format: AV_SAMPLE_FMT_S16, frameSamples: 4_608 },
  libopus: { format: AV_SAMPLE_FMT_FLT, frameSamples: 960 },
  // libvorbis takes no more at once.
  libvorbis: { format: AV_SAMPLE_FMT_FLTP, frameSamples: 64 },
  pcm_s16le: { format: AV_SAMPLE_FMT_S16, frameSamples: 1_024 },
};

/** FFmpeg muxer and encoder for each kind of file that people upload. */
export const FILE_KINDS: Record<string, { muxer: string; encoder: string; rateHz: number }> = {
  wav: { muxer: 'wav', encoder: 'pcm_s16le', rateHz: 44_100 },
  mp3: { muxer: 'mp3', encoder: 'libmp3lame', rateHz: 44_100 },
  m4a: { muxer: 'ipod', encoder: 'aac', rateHz: 44_100 },
  ogg: { muxer: 'ogg', encoder: 'libvorbis', rateHz: 44_100 },
  opus: { muxer: 'opus', encoder: 'libopus', rateHz: 48_000 },
  flac: { muxer: 'flac', encoder: 'flac', rateHz: 44_100 },
  webm: { muxer: 'webm', encoder: 'libopus', rateHz: 48_000 },
  aac: { muxer: 'adts', encoder: 'aac', rateHz: 44_100 },
  mp4: { muxer: 'mp4', encoder: 'aac', rateHz: 48_000 },
};

export interface AudioFile {
  kind: string;
  samples: number;
  rateHz?: number;
  /** The muxer's own options, e.g. `{ movflags: 'faststart' }`. */
  options?: Record<string, string>;
}

/** A mono 440 Hz tone at -12 dBFS, encoded and muxed by FFmpeg's own code. */
export function encodeAudio({ kind, samples, rateHz, options = {} }: AudioFile): Buffer {
  const spec = FILE_KINDS[kind];
  if (!spec) throw new Error(`no file kind ${kind}`);
  const { format, frameSamples } = ENCODERS[spec.encoder]!;
  const rate = rateHz ?? spec.rateHz;
  const floats = format === AV_SAMPLE_FMT_FLT || format === AV_SAMPLE_FMT_FLTP;
  return mux(spec.muxer, options, (context) => {
    const codec = Codec.findEncoderByName(spec.encoder as never);
    if (!codec) throw new Error(`this FFmpeg has no ${spec.encoder}`);
    context.allocContext3(codec);
    context.sampleRate = rate;
    context.sampleFormat = format;
    context.channelLayout = AV_CHANNEL_LAYOUT_MONO;
    context.bitRate = 64_000n;
    context.timeBase = new Rational(1, rate);
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    FFmpegError.throwIfError(context.open2Sync(codec, null), `open ${spec.encoder}`);
    return function* () {
      for (let at = 0; at < samples; at += frameSamples) {
        const n = Math.min(frameSamples, samples - at);
        const bytes = Buffer.alloc(n * (floats ? 4 : 2));
        for (let i = 0; i < n; i++) {
          const x = 0.25 * Math.sin((2 * Math.PI * 440 * (at + i)) / rate);
          if (floats) bytes.writeFloatLE(x, 4 * i);
          else bytes.writeInt16LE(Math.round(x * 32_767), 2 * i);
        }
        yield Frame.fromAudioBuffer(bytes, {
          nbSamples: n,
          format,
          sampleRate: rate,
          channelLayout: AV_CHANNEL_LAYOUT_MONO,
          timeBase: { num: 1, den: rate },
          pts: BigInt(at),
        });
      }
    };
  });
}

/** One second of grey pictures without any sound. */
export function encodeSilentVideo(): Buffer {
  return mux('mp4', {}, (context) => {
    const codec = Codec.findEncoderByName('mpeg4' as never);
    if (!codec) throw new Error('this FFmpeg has no mpeg4');
    context.allocContext3(codec);
    context.width = 64;
    context.height = 64;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, 25);
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    FFmpegError.throwIfError(context.open2Sync(codec, null), 'open mpeg4');
    return function* () {
      for (let i = 0; i < 25; i++) {
        yield Frame.fromVideoBuffer(Buffer.alloc((64 * 64 * 3) / 2, 128), {
          width: 64,
          height: 64,
          format: AV_PIX_FMT_YUV420P,
          timeBase: { num: 1, den: 25 },
          pts: BigInt(i),
        });
      }
    };
  });
}

function mux(
  muxer: string,
  options: Record<string, string>,
  open: (context: CodecContext) => () => Generator<Frame>,
): Buffer {
  const dir = mkdtempSync(join(tmpdir(), 'herald-audio-'));
  const file = join(dir, 'file');
  const format = new FormatContext();
  const context = new CodecContext();
  const packet = new Packet();
  packet.alloc();
  try {
    FFmpegError.throwIfError(format.allocOutputContext2(null, muxer, file), `muxer ${muxer}`);
    const frames = open(context);
    const stream = format.newStream();
    FFmpegError.throwIfError(context.parametersFromContext(stream.codecpar), 'parameters');
    stream.timeBase = context.timeBase;
    for (const [key, value] of Object.entries(options)) format.setOption(`${key}`, value);
    FFmpegError.throwIfError(format.openOutputSync(), 'open output');
    FFmpegError.throwIfError(format.writeHeaderSync(null), 'header');
    const write = (frame: Frame | null) => {
      FFmpegError.throwIfError(context.sendFrameSync(frame), 'encode');
      while (context.receivePacketSync(packet) >= 0) {
        packet.streamIndex = stream.index;
        packet.rescaleTs(context.timeBase, stream.timeBase);
        FFmpegError.throwIfError(format.interleavedWriteFrameSync(packet), 'write');
      }
    };
    for (const frame of frames()) {
      write(frame);
      frame.free();
    }
    write(null);
    FFmpegError.throwIfError(format.writeTrailerSync(), 'trailer');
    format.closeOutputSync();
    return readFileSync(file);
  } finally {
    packet.free();
    context.freeContext();
    format.freeContext();
    rmSync(dir, { recursive: true, force: true });
  }
}
