import { AV_PIX_FMT_YUV420P, AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, CodecParameters, FFmpegError, FormatContext, Frame, Packet } from 'node-av/lib';
import { HeraldError } from '../errors';
import { track } from '../metrics/native';
import { copyPicture } from './copy-picture';
import type { NewPicture, OnPicture, PictureSource } from './pictures';

interface Coded {
  data: Buffer;
  pts: bigint;
  key: boolean;
}

/** A run of pictures that decodes on its own: it begins with a keyframe. */
export interface Gop {
  first: number;
  count: number;
}

/**
 * The compressed pictures of a video file, in memory, and one decoder for them while somebody watches. Decoding is by whole
 * GOPs, and H.264 is bit-exact by its specification, so a picture has the same bytes however it was reached.
 */
export class VideoClip implements PictureSource {
  readonly gops: Gop[] = [];
  readonly aheadGops = 1;
  /** node-av crashes when two calls reach one codec context at once: each decode waits for the one before. */
  private turn: Promise<void> = Promise.resolve();
  private closed = false;
  private decoder: { context: CodecContext; untrack: () => void } | undefined;

  private constructor(
    readonly file: string,
    readonly widthPx: number,
    readonly heightPx: number,
    private readonly coded: Coded[],
    private readonly indexOfPts: Map<bigint, number>,
    private readonly parameters: CodecParameters,
  ) {
    for (let i = 0; i < coded.length; i++) {
      if (coded[i]!.key) this.gops.push({ first: i, count: 0 });
      this.gops.at(-1)!.count++;
    }
  }

  get pictureCount(): number {
    return this.coded.length;
  }

  /** The GOP that holds a picture. */
  gopOf(index: number): number {
    let low = 0;
    for (let high = this.gops.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if (this.gops[middle]!.first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * Reads a file's video packets.
   * @throws HeraldError('malformed') when it is not a video of H.264-like pictures in yuv420p
   */
  static async open(file: string): Promise<VideoClip> {
    const wrong = (what: string) => new HeraldError('malformed', `${file}: ${what}. Restore the presenter's folder.`);
    const input = new FormatContext();
    const untrackInput = track('demuxer');
    const packet = new Packet();
    packet.alloc();
    try {
      if ((await input.openInput(file)) < 0) throw wrong('cannot be read as a video');
      await input.findStreamInfo();
      const streamIndex = input.findBestStream(AVMEDIA_TYPE_VIDEO);
      const stream = input.streams[streamIndex];
      if (!stream) throw wrong('holds no video');
      const parameters = stream.codecpar;
      if (parameters.format !== AV_PIX_FMT_YUV420P) throw wrong('pictures are not yuv420p');
      const coded: Coded[] = [];
      while ((await input.readFrame(packet)) >= 0) {
        if (packet.streamIndex === streamIndex && packet.data) {
          coded.push({ data: Buffer.from(packet.data), pts: packet.pts, key: packet.isKeyframe });
        }
        packet.unref();
      }
      if (!coded[0]?.key) throw wrong('does not begin with a keyframe');
      const inOrder = coded.map(({ pts }) => pts).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      const indexOfPts = new Map(inOrder.map((pts, index) => [pts, index]));
      if (indexOfPts.size !== coded.length) throw wrong('two pictures have one time');
      // The stream's own parameters end with the demuxer; a decoder may be made later.
      const kept = new CodecParameters();
      kept.alloc();
      parameters.copy(kept);
      return new VideoClip(file, parameters.width, parameters.height, coded, indexOfPts, kept);
    } finally {
      packet.free();
      await input.closeInput();
      untrackInput();
    }
  }

  /**
   * Decodes one GOP; each of its pictures is handed over as soon as it is there, in tight I420.
   * @throws HeraldError('malformed') when a picture cannot be decoded; those before it were handed over
   */
  decode(gop: number, memory: NewPicture, onPicture: OnPicture): Promise<void> {
    const run = this.turn.then(() => this.decodeNow(this.gops[gop]!, memory, onPicture));
    this.turn = run.catch(() => {});
    return run;
  }

  private async openDecoder(): Promise<CodecContext> {
    if (this.decoder) return this.decoder.context;
    const codec = Codec.findDecoder(this.parameters.codecId);
    if (!codec) throw new HeraldError('malformed', `${this.file}: this build of FFmpeg cannot decode it`);
    const context = new CodecContext();
    context.allocContext3(codec);
    context.parametersToContext(this.parameters);
    context.threadCount = 1;
    const code = await context.open2(codec);
    if (code < 0) {
      context.freeContext();
      throw new HeraldError('malformed', `${this.file}: the decoder refuses it (${new FFmpegError(code).message})`);
    }
    this.decoder = { context, untrack: track('avatar-decoder') };
    return context;
  }

  private async decodeNow({ first, count }: Gop, memory: NewPicture, onPicture: OnPicture): Promise<void> {
    const decoder = await this.openDecoder();
    const packet = new Packet();
    const frame = new Frame();
    packet.alloc();
    frame.alloc();
    let got = 0;
    const check = (code: number) => {
      if (code < 0) {
        const why = new FFmpegError(code).message;
        throw new HeraldError(
          'malformed',
          `${this.file}: pictures ${first}..${first + count - 1} do not decode (${why})`,
        );
      }
    };
    const receive = async () => {
      for (;;) {
        const code = await decoder.receiveFrame(frame);
        if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
        check(code);
        const index = this.indexOfPts.get(frame.pts);
        if (index !== undefined && index >= first && index < first + count) {
          const data = memory((this.widthPx * this.heightPx * 3) / 2);
          copyPicture(frame, this.widthPx, this.heightPx, data);
          onPicture(index, data);
          got++;
        }
        frame.unref();
      }
    };
    try {
      for (let i = first; i < first + count; i++) {
        if (this.closed) throw new HeraldError('refused', `${this.file}: the avatar was closed`);
        const coded = this.coded[i]!;
        packet.data = coded.data;
        packet.pts = packet.dts = coded.pts;
        packet.isKeyframe = coded.key;
        check(await decoder.sendPacket(packet));
        packet.unref();
        await receive();
      }
      check(await decoder.sendPacket(null)); // drain what a reordering decoder still holds
      await receive();
      if (got !== count) {
        throw new HeraldError('malformed', `${this.file}: ${got} of pictures ${first}..${first + count - 1} decoded`);
      }
    } finally {
      decoder.flushBuffers();
      packet.free();
      frame.free();
    }
  }

  /** Nobody watches: frees the decoder after the decodes asked for so far. The next decode makes another. */
  rest(): Promise<void> {
    this.turn = this.turn.then(() => {
      this.decoder?.context.freeContext();
      this.decoder?.untrack();
      this.decoder = undefined;
    });
    return this.turn;
  }

  /** Ends decoding at the next picture and frees everything. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.rest();
    this.parameters.free();
  }
}
