import { AV_PIX_FMT_YUV420P, AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet } from 'node-av/lib';
import { HeraldError } from '../errors';
import { track } from '../metrics/native';

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
 * The compressed pictures of a video file, in memory, and one decoder for them. Decoding is by whole GOPs, and H.264 is
 * bit-exact by its specification, so a picture has the same bytes however it was reached.
 */
export class VideoClip {
  readonly gops: Gop[] = [];
  /** node-av crashes when two calls reach one codec context at once: each decode waits for the one before. */
  private turn: Promise<void> = Promise.resolve();
  private closed = false;

  private constructor(
    readonly file: string,
    readonly widthPx: number,
    readonly heightPx: number,
    private readonly coded: Coded[],
    private readonly indexOfPts: Map<bigint, number>,
    private readonly decoder: CodecContext,
    private readonly untrack: () => void,
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
   * Reads a file's video packets and prepares a decoder.
   * @throws HeraldError('malformed') when it is not a video of H.264-like pictures in yuv420p
   */
  static async open(file: string): Promise<VideoClip> {
    const wrong = (what: string) => new HeraldError('malformed', `${file}: ${what}. Restore the presenter's folder.`);
    const input = new FormatContext();
    const untrackInput = track('demuxer');
    const packet = new Packet();
    packet.alloc();
    let decoder: CodecContext | undefined;
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
      const codec = Codec.findDecoder(parameters.codecId);
      if (!codec) throw wrong('its codec is unknown');
      decoder = new CodecContext();
      decoder.allocContext3(codec);
      decoder.parametersToContext(parameters);
      decoder.threadCount = 1;
      if ((await decoder.open2(codec)) < 0) throw wrong('no decoder opens it');
      const clip = new VideoClip(
        file,
        parameters.width,
        parameters.height,
        coded,
        indexOfPts,
        decoder,
        track('avatar-decoder'),
      );
      decoder = undefined;
      return clip;
    } finally {
      decoder?.freeContext();
      packet.free();
      await input.closeInput();
      untrackInput();
    }
  }

  /**
   * Decodes one GOP; each of its pictures is handed over as soon as it is there, in tight I420 that nobody else holds.
   * @throws HeraldError('malformed') when a picture cannot be decoded; those before it were handed over
   */
  decode(gop: number, onPicture: (index: number, data: Uint8Array) => void): Promise<void> {
    const run = this.turn.then(() => this.decodeNow(this.gops[gop]!, onPicture));
    this.turn = run.catch(() => {});
    return run;
  }

  private async decodeNow({ first, count }: Gop, onPicture: (index: number, data: Uint8Array) => void): Promise<void> {
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
        const code = await this.decoder.receiveFrame(frame);
        if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
        check(code);
        const index = this.indexOfPts.get(frame.pts);
        if (index !== undefined && index >= first && index < first + count) {
          const bytes = frame.toBuffer();
          onPicture(index, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
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
        check(await this.decoder.sendPacket(packet));
        packet.unref();
        await receive();
      }
      check(await this.decoder.sendPacket(null)); // drain what a reordering decoder still holds
      await receive();
      if (got !== count) {
        throw new HeraldError('malformed', `${this.file}: ${got} of pictures ${first}..${first + count - 1} decoded`);
      }
    } finally {
      this.decoder.flushBuffers();
      packet.free();
      frame.free();
    }
  }

  /** Waits for the decode in progress (at most one picture of it) and frees the decoder. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.turn;
    this.decoder.freeContext();
    this.untrack();
  }
}
