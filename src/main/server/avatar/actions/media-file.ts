import { AV_NOPTS_VALUE, AVDISCARD_ALL, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, Packet, type Stream } from 'node-av/lib';
import { SAMPLE_RATE_HZ, samplesToMs } from '../../../../shared/units';
import { Owned } from '../../audio/owned';

/** Containers that may be opened. Never hls, concat, image2, ...: those open further paths and URLs named in the file. */
const FORMATS = 'mov,matroska,avi,mpegts,wav,w64,mp3,ogg,flac,aac';
const OPEN_DEADLINE_MS = 15_000;

/** One track of a file on disk, read packet by packet: a long video costs no more memory than a short one. */
export class MediaFile {
  private readonly owned: Owned;
  private readonly packet: Packet;

  private constructor(
    owned: Owned,
    private readonly format: FormatContext,
    readonly stream: Stream,
  ) {
    this.owned = owned;
    this.packet = owned.add('packet', new Packet(), (packet) => packet.free());
    this.packet.alloc();
  }

  /**
   * @returns undefined when the file has no track of this kind
   * @throws Error with what is wrong, as the end of a sentence that starts with the file's name
   */
  static async open(file: string, kind: 'video' | 'audio'): Promise<MediaFile | undefined> {
    const owned = new Owned();
    try {
      const format = owned.add('demuxer', new FormatContext(), (context) => context.closeInputSync());
      format.allocContext();
      const options = Dictionary.fromObject({ format_whitelist: FORMATS, protocol_whitelist: 'file' });
      const late = setTimeout(() => format.interrupt(), OPEN_DEADLINE_MS);
      try {
        // "file:" so that a name such as "a:b.mp4" is no protocol.
        if ((await format.openInput(`file:${file}`, null, options)) < 0) {
          throw new Error('is no video or sound that can be played');
        }
        await format.findStreamInfo(null);
      } finally {
        clearTimeout(late);
        options.free();
      }
      const index = format.findBestStream(kind === 'video' ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO);
      const stream = format.streams[index];
      if (!stream) {
        owned.freeAll();
        return undefined;
      }
      for (const other of format.streams) if (other.index !== index) other.discard = AVDISCARD_ALL;
      return new MediaFile(owned, format, stream);
    } catch (error) {
      owned.freeAll();
      throw error;
    }
  }

  /** When the track begins, on the clock that all tracks of the file share. */
  get startSamples(): number {
    const { startTime, timeBase } = this.stream;
    if (startTime === AV_NOPTS_VALUE) return 0;
    return Math.round((Number(startTime) * timeBase.num * SAMPLE_RATE_HZ) / timeBase.den);
  }

  /** How long the track lasts, by the headers alone; undefined where they do not say. */
  get durationMs(): number | undefined {
    const { duration, timeBase } = this.stream;
    if (duration !== AV_NOPTS_VALUE && duration > 0n) return (Number(duration) * timeBase.num * 1_000) / timeBase.den;
    // Matroska tells the length of the file, not of its tracks, which then last to its end. Microseconds (AV_TIME_BASE).
    const { duration: whole, startTime } = this.format;
    if (whole === AV_NOPTS_VALUE || whole <= 0n) return undefined;
    const endMs = Number(startTime === AV_NOPTS_VALUE ? whole : whole + startTime) / 1_000;
    return Math.max(0, endMs - samplesToMs(this.startSamples));
  }

  /** The track's next packet, valid until the next call; null at the end. */
  async read(): Promise<Packet | null> {
    for (;;) {
      this.packet.unref();
      const code = await this.format.readFrame(this.packet);
      if (code < 0) return null; // the end, or where the file breaks off: what was there is played
      if (this.packet.streamIndex === this.stream.index) return this.packet;
    }
  }

  close(): void {
    this.owned.freeAll();
  }
}

export const failed = (code: number): string => new FFmpegError(code).message;
