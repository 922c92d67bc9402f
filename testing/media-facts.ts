import { execFileSync } from 'node:child_process';
import { AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet } from 'node-av/lib';

export interface StreamFacts {
  codecId: number;
  /** Seconds, of every packet in the order of the file. */
  times: number[];
  /** Seconds from the beginning of the first packet to the end of the last; priming that is not heard counts not. */
  startS: number;
  endS: number;
  keyframeTimes: number[];
  /** Each decoded picture's mean luma, or each decoded block's samples, with its time in seconds. */
  pictures: { atS: number; luma: number }[];
  blocks: { atS: number; samples: Float32Array }[];
  decodeErrors: number;
}

export interface MediaFacts {
  /** What the container says, seconds; 0 where it does not. */
  durationS: number;
  video: StreamFacts;
  audio: StreamFacts;
}

/** Everything about a recording that a test may want to know, read by FFmpeg's demuxers and decoders in this process. */
export async function mediaFacts(file: string): Promise<MediaFacts> {
  const input = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  const readers: Reader[] = [];
  try {
    FFmpegError.throwIfError(await input.openInput(`file:${file}`), `open ${file}`);
    FFmpegError.throwIfError(await input.findStreamInfo(), `read ${file}`);
    for (const kind of [AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO]) readers.push(await Reader.open(input, kind));
    while ((await input.readFrame(packet)) >= 0) {
      for (const reader of readers) if (reader.index === packet.streamIndex) await reader.read(packet);
      packet.unref();
    }
    for (const reader of readers) await reader.read(null);
    const [video, audio] = readers.map((reader) => reader.facts);
    return { durationS: Math.max(0, Number(input.duration)) / 1e6, video: video!, audio: audio! };
  } finally {
    for (const reader of readers) reader.close();
    packet.free();
    await input.closeInput();
  }
}

class Reader {
  readonly facts: StreamFacts;
  private readonly frame = new Frame();

  private constructor(
    readonly index: number,
    private readonly secondsPerTick: number,
    private readonly kind: number,
    private readonly decoder: CodecContext,
    codecId: number,
  ) {
    this.frame.alloc();
    this.facts = {
      codecId,
      times: [],
      startS: Number.NaN,
      endS: 0,
      keyframeTimes: [],
      pictures: [],
      blocks: [],
      decodeErrors: 0,
    };
  }

  static async open(input: FormatContext, kind: typeof AVMEDIA_TYPE_VIDEO | typeof AVMEDIA_TYPE_AUDIO) {
    const index = input.findBestStream(kind);
    const stream = input.streams[index];
    if (!stream) throw new Error('a stream is missing');
    const decoder = new CodecContext();
    decoder.allocContext3(Codec.findDecoder(stream.codecpar.codecId)!);
    decoder.parametersToContext(stream.codecpar);
    decoder.pktTimebase = stream.timeBase;
    FFmpegError.throwIfError(await decoder.open2(null), 'open a decoder');
    const { num, den } = stream.timeBase;
    return new Reader(index, num / den, kind, decoder, stream.codecpar.codecId);
  }

  async read(packet: Packet | null): Promise<void> {
    if (packet) {
      const atS = Number(packet.pts) * this.secondsPerTick;
      this.facts.times.push(atS);
      this.facts.endS = Math.max(this.facts.endS, atS + Number(packet.duration) * this.secondsPerTick);
      if (packet.isKeyframe) this.facts.keyframeTimes.push(atS);
    }
    if ((await this.decoder.sendPacket(packet)) < 0) this.facts.decodeErrors++;
    for (;;) {
      const code = await this.decoder.receiveFrame(this.frame);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      if (code < 0) {
        this.facts.decodeErrors++;
        return;
      }
      if (this.frame.decodeErrorFlags !== 0) this.facts.decodeErrors++;
      this.take(Number(this.frame.pts) * this.secondsPerTick);
      this.frame.unref();
    }
  }

  close(): void {
    this.frame.free();
    this.decoder.freeContext();
  }

  private take(atS: number): void {
    const { facts, frame } = this;
    if (Number.isNaN(facts.startS)) facts.startS = atS;
    if (this.kind === AVMEDIA_TYPE_VIDEO) {
      const luma = frame.toBuffer().subarray(0, frame.width * frame.height);
      let sum = 0;
      for (const value of luma) sum += value;
      facts.pictures.push({ atS, luma: sum / luma.length });
      return;
    }
    const bytes = frame.data![0]!;
    facts.blocks.push({ atS, samples: new Float32Array(new Uint8Array(bytes).buffer, 0, frame.nbSamples) });
  }
}

/** When pictures turn bright (a flash), seconds. */
export function flashes({ pictures }: StreamFacts, threshold = 150): number[] {
  return pictures
    .filter(({ luma }, i) => luma > threshold && !((pictures[i - 1]?.luma ?? 0) > threshold))
    .map((p) => p.atS);
}

/** When sound sets in after at least half a second without any, seconds. */
export function clicks({ blocks }: StreamFacts, sampleRateHz = 48_000, threshold = 0.2): number[] {
  const found: number[] = [];
  for (const { atS, samples } of blocks) {
    for (let i = 0; i < samples.length; i++) {
      const whenS = atS + i / sampleRateHz;
      if (Math.abs(samples[i]!) > threshold && !(whenS - (found.at(-1) ?? -1) < 0.5)) found.push(whenS);
    }
  }
  return found;
}

/** What `ffmpeg -v error -f null -` prints about a file ('' is good), or undefined where there is no ffmpeg. */
export function ffmpegComplaints(file: string): string | undefined {
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  try {
    const script = 'ffmpeg -nostdin -v error -i "$1" -f null - 2>&1';
    return execFileSync('sh', ['-c', script, 'sh', file], { encoding: 'utf8' });
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? error);
  }
}
