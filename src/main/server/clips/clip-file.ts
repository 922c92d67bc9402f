import { Dictionary, FFmpegError, FormatContext, Packet, Rational } from 'node-av/lib';
import { PICTURES_PER_SECOND, SAMPLE_RATE_HZ } from '../../../shared/units';
import { track } from '../metrics/native';
import type { EncodedPacket } from '../outputs/output';
import type { ClipFormat } from './format';
import type { PictureEncoder } from './picture-encoder';
import type { SoundEncoder } from './sound-encoder';

/** The index in front, so that it plays while it is fetched; nothing of when and by what it was made. */
const OPTIONS: Record<ClipFormat, Record<string, string>> = {
  mp4: { movflags: '+faststart' },
  webm: { cues_to_front: '1', fflags: '+bitexact' },
};

/**
 * A finished file. A recording grows in fragments (outputs/recorder); a clip that is cut off is thrown away, so it may be
 * written in the simplest way.
 */
export class ClipFile {
  private readonly output = new FormatContext();
  private readonly packet = new Packet();
  private readonly untrack = track('clip-file');
  private opened = false;
  private fault: unknown;
  private closed = false;

  private constructor(path: string, format: ClipFormat) {
    this.packet.alloc();
    // `file:` so that a colon in a name is no protocol.
    FFmpegError.throwIfError(this.output.allocOutputContext2(null, format, `file:${path}`), 'make the clip');
  }

  /** @throws the file system's error when there can be no such file */
  static async create(
    path: string,
    format: ClipFormat,
    pictures: PictureEncoder,
    sound: SoundEncoder,
  ): Promise<ClipFile> {
    const file = new ClipFile(path, format);
    const { output } = file;
    try {
      const video = output.newStream(null);
      video.timeBase = new Rational(1, PICTURES_PER_SECOND);
      video.avgFrameRate = new Rational(PICTURES_PER_SECOND, 1);
      pictures.describe(video.codecpar);
      const audio = output.newStream(null);
      audio.timeBase = new Rational(1, SAMPLE_RATE_HZ);
      sound.describe(audio.codecpar);
      FFmpegError.throwIfError(await output.openOutput(), 'open the clip');
      file.opened = true;
      const options = Dictionary.fromObject(OPTIONS[format]);
      FFmpegError.throwIfError(await output.writeHeader(options), 'begin the clip');
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** In 25ths of a second. */
  picture(packet: Packet): void {
    packet.streamIndex = 0;
    packet.rescaleTs(new Rational(1, PICTURES_PER_SECOND), this.output.streams[0]!.timeBase);
    this.write(packet);
  }

  sound({ data, ptsSamples, durationSamples }: EncodedPacket): void {
    const { packet } = this;
    packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
    packet.streamIndex = 1;
    packet.pts = packet.dts = BigInt(ptsSamples);
    packet.duration = BigInt(durationSamples);
    packet.isKeyframe = true;
    packet.rescaleTs(new Rational(1, SAMPLE_RATE_HZ), this.output.streams[1]!.timeBase);
    this.write(packet);
    packet.unref();
  }

  /** Writes the index and moves it to the front. @throws what went wrong with this or any packet before */
  async finish(): Promise<void> {
    if (this.fault) throw this.fault;
    FFmpegError.throwIfError(await this.output.writeTrailer(), 'end the clip');
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.packet.free();
    if (this.opened) await this.output.closeOutput();
    this.output.freeContext();
    this.untrack();
  }

  private write(packet: Packet): void {
    if (this.fault || this.closed) return;
    try {
      FFmpegError.throwIfError(this.output.interleavedWriteFrameSync(packet), 'write the clip');
    } catch (error) {
      this.fault = error; // told by `finish`; nothing is gained by stopping a voice in the middle of a sentence
    }
  }

  /** Nothing more can be written. */
  get broken(): unknown {
    return this.fault;
  }
}
