import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  AVFMT_GLOBALHEADER,
  FF_ENCODER_AAC,
  FF_ENCODER_MPEG4,
  FF_ENCODER_PCM_S16LE,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, Rational, type Stream } from 'node-av/lib';
import { wav } from './audio-files';
import { padded, writeLiveTalkingFolder } from './livetalking-folder';

export interface ActionFolder {
  pictures: number;
  widthPx?: number;
  heightPx?: number;
  fileName?: (index: number) => string;
  /** Luma of a picture that is one flat grey; numbered test pictures unless said. */
  luma?: (index: number) => number;
}

/** So many different pictures are drawn; a longer folder repeats them, which costs a copy each instead of an encoding. */
const MOST_DRAWN = 64;

/** A folder of numbered pictures, as LiveTalking's `imgpath` names it. */
export async function writeActionFolder(dir: string, options: ActionFolder): Promise<string> {
  const { pictures, widthPx = 64, heightPx = 64, fileName = padded('png'), luma } = options;
  const drawn = Math.min(pictures, MOST_DRAWN);
  const made = `${dir}.making`;
  mkdirSync(dirname(dir), { recursive: true });
  await writeLiveTalkingFolder(made, {
    pictures: drawn,
    widthPx,
    heightPx,
    fileName,
    box: () => [2, 14, 2, 14],
    faceSizePx: 16,
    ...(luma && { draw: (index) => new Uint8Array(widthPx * heightPx * 3).fill(luma(index)) }),
  });
  renameSync(join(made, 'full_imgs'), dir);
  rmSync(made, { recursive: true });
  for (let i = drawn; i < pictures; i++) copyFileSync(join(dir, fileName(i % drawn)), join(dir, fileName(i)));
  return dir;
}

export interface ClickSound {
  rateHz?: number;
  channels?: number;
  durationMs: number;
  /** A click begins at each of these. */
  clickAtMs?: number[];
}

const CLICK_MS = 5;

/** A 2 kHz click of 5 ms at full height from its first sample on; silence elsewhere. */
const clickAt = (atMs: number, clicksMs: readonly number[]): number => {
  const since = clicksMs.map((click) => atMs - click).find((ms) => ms >= -1e-6 && ms < CLICK_MS);
  return since === undefined ? 0 : 0.8 * Math.cos(2 * Math.PI * 2 * since);
};

export function writeClickWav(file: string, options: ClickSound): string {
  const { rateHz = 16_000, channels = 1, durationMs, clickAtMs = [] } = options;
  mkdirSync(dirname(file), { recursive: true });
  const samples = Math.round((durationMs * rateHz) / 1_000);
  writeFileSync(
    file,
    wav(samples, rateHz, channels, (i) => clickAt((i * 1_000) / rateHz, clickAtMs)),
  );
  return file;
}

export interface ClapperVideo {
  pictures: number;
  widthPx?: number;
  heightPx?: number;
  fps?: number;
  /** White pictures, and a click with the first sample of each. */
  flashAt?: number[];
  /** No sound track at all. */
  silent?: boolean;
  /** How much later than the pictures the sound track begins. */
  soundDelayMs?: number;
  rateHz?: number;
  /** Stored sideways, as phones do, with the note that a player is to turn it clockwise by so much. */
  turnDegrees?: 90 | 180 | 270;
  /** The left half of each picture is this dark, which shows how it lies. */
  leftLuma?: number;
}

/** Grey of a picture that does not flash: tells neighbours apart. */
export const clapperLuma = (index: number): number => 60 + (index % 8) * 10;
export const FLASH_LUMA = 235;

/** A film clapper as a video file: `.mp4` (MPEG-4 and AAC) or `.mkv` (MPEG-4 and PCM, exact to the sample). */
export async function writeClapperVideo(file: string, options: ClapperVideo): Promise<string> {
  const { pictures, widthPx = 64, heightPx = 64, fps = 25, flashAt = [], soundDelayMs = 0 } = options;
  const { silent = false, rateHz = 48_000 } = options;
  mkdirSync(dirname(file), { recursive: true });
  const output = new FormatContext();
  output.allocOutputContext2(null, file.endsWith('.mp4') ? 'mp4' : 'matroska', file);
  const header = output.oformat?.hasFlags(AVFMT_GLOBALHEADER) ?? false;
  const video = await encoder(FF_ENCODER_MPEG4, header, (context) => {
    context.width = widthPx;
    context.height = heightPx;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, fps);
    context.framerate = new Rational(fps, 1);
    context.bitRate = 2_000_000n;
  });
  const aac = file.endsWith('.mp4');
  const audio = await encoder(aac ? FF_ENCODER_AAC : FF_ENCODER_PCM_S16LE, header, (context) => {
    context.sampleRate = rateHz;
    context.sampleFormat = aac ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S16;
    context.channelLayout = AV_CHANNEL_LAYOUT_MONO;
    context.timeBase = new Rational(1, rateHz);
    context.bitRate = 128_000n;
  });
  const tracks = [track(output, video, options.turnDegrees), ...(silent ? [] : [track(output, audio)])];
  FFmpegError.throwIfError(await output.openOutput(), `open ${file}`);
  FFmpegError.throwIfError(await output.writeHeader(), 'write header');
  const clicks = flashAt.map((index) => (index * 1_000) / fps);
  const blockSamples = 1_024;
  const soundSamples = silent ? 0 : Math.round(((pictures * 1_000) / fps - soundDelayMs) * (rateHz / 1_000));
  let soundAt = 0;
  for (let index = 0; index < pictures; index++) {
    const data = Buffer.alloc((widthPx * heightPx * 3) / 2, 128);
    data.fill(flashAt.includes(index) ? FLASH_LUMA : clapperLuma(index), 0, widthPx * heightPx);
    const { leftLuma } = options;
    for (let y = 0; leftLuma !== undefined && y < heightPx; y++) {
      data.fill(leftLuma, y * widthPx, y * widthPx + widthPx / 2);
    }
    const picture = { width: widthPx, height: heightPx, format: AV_PIX_FMT_YUV420P, timeBase: { num: 1, den: fps } };
    await tracks[0]!.write(Frame.fromVideoBuffer(data, { ...picture, pts: BigInt(index) }));
    // Interleaved, as a camera writes it.
    for (; soundAt < soundSamples && soundAt / rateHz < (index + 1) / fps; soundAt += blockSamples) {
      const n = Math.min(blockSamples, soundSamples - soundAt);
      const bytes = Buffer.alloc(n * (aac ? 4 : 2));
      for (let i = 0; i < n; i++) {
        const x = clickAt(soundDelayMs + ((soundAt + i) * 1_000) / rateHz, clicks);
        if (aac) bytes.writeFloatLE(x, 4 * i);
        else bytes.writeInt16LE(Math.round(x * 32_767), 2 * i);
      }
      const format = aac ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S16;
      const pts = BigInt(soundAt + Math.round((soundDelayMs * rateHz) / 1_000));
      const sound = { format, sampleRate: rateHz, channelLayout: AV_CHANNEL_LAYOUT_MONO };
      await tracks[1]!.write(
        Frame.fromAudioBuffer(bytes, { ...sound, nbSamples: n, timeBase: { num: 1, den: rateHz }, pts }),
      );
    }
  }
  for (const each of tracks) await each.write(null);
  FFmpegError.throwIfError(await output.writeTrailer(), 'write trailer');
  await output.closeOutput();
  for (const context of [video, audio]) context.freeContext();
  return file;
}

async function encoder(name: string, header: boolean, set: (context: CodecContext) => void): Promise<CodecContext> {
  const codec = Codec.findEncoderByName(name as never)!;
  const context = new CodecContext();
  context.allocContext3(codec);
  set(context);
  context.threadCount = 1;
  if (header) context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  FFmpegError.throwIfError(await context.open2(codec), `open ${name}`);
  return context;
}

function track(output: FormatContext, context: CodecContext, turnDegrees = 0) {
  const stream: Stream = output.newStream();
  stream.timeBase = context.timeBase;
  FFmpegError.throwIfError(stream.codecpar.fromContext(context), 'describe a track');
  if (turnDegrees !== 0) {
    const [cos, sin] = [Math.cos, Math.sin].map((f) => Math.round(f((turnDegrees * Math.PI) / 180) * 65_536));
    const matrix = Buffer.from(Int32Array.of(cos!, sin!, 0, -sin!, cos!, 0, 0, 0, 2 ** 30).buffer);
    FFmpegError.throwIfError(stream.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, matrix), 'note the turn');
  }
  const packet = new Packet();
  packet.alloc();
  return {
    /** null ends the track. */
    async write(frame: Frame | null): Promise<void> {
      FFmpegError.throwIfError(await context.sendFrame(frame), 'encode');
      frame?.free();
      while ((await context.receivePacket(packet)) >= 0) {
        packet.streamIndex = stream.index;
        if (packet.duration === 0n && context.frameSize === 0) packet.duration = 1n;
        packet.rescaleTs(context.timeBase, stream.timeBase);
        FFmpegError.throwIfError(await output.interleavedWriteFrame(packet), 'write');
        packet.unref();
      }
      if (!frame) packet.free();
    },
  };
}
