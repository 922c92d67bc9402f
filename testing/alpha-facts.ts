import { AV_PIX_FMT_YUVA420P, AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet } from 'node-av/lib';

export interface AlphaFacts {
  /** What the container says of it: `1` where there is alpha. */
  alphaMode: string | undefined;
  widthPx: number;
  heightPx: number;
  /** Tight planes Y, U, V, A of every picture that was asked for, in order. */
  pictures: Uint8Array[];
  /** How many there are. */
  count: number;
}

/**
 * A WebM with alpha, read by libvpx: FFmpeg's own VP9 decoder leaves alpha out.
 * @param every keeps one picture of so many
 */
export async function alphaFacts(file: string, every = 1): Promise<AlphaFacts> {
  const input = new FormatContext();
  const decoder = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  const pictures: Uint8Array[] = [];
  let count = 0;
  const take = async (sent: Packet | null) => {
    FFmpegError.throwIfError(await decoder.sendPacket(sent), 'decode');
    for (;;) {
      const code = await decoder.receiveFrame(frame);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      FFmpegError.throwIfError(code, 'decode');
      if (frame.format !== AV_PIX_FMT_YUVA420P) throw new Error(`${file}: picture ${count} has no alpha`);
      if (count++ % every === 0) pictures.push(Uint8Array.from(frame.toBuffer()));
    }
  };
  try {
    FFmpegError.throwIfError(await input.openInput(`file:${file}`), `open ${file}`);
    FFmpegError.throwIfError(await input.findStreamInfo(), `read ${file}`);
    const stream = input.streams[input.findBestStream(AVMEDIA_TYPE_VIDEO)]!;
    const { width: widthPx, height: heightPx } = stream.codecpar;
    const alphaMode = stream.metadata?.get('alpha_mode') ?? undefined;
    const codec = Codec.findDecoderByName('libvpx-vp9' as never)!;
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    decoder.threadCount = 1;
    FFmpegError.throwIfError(await decoder.open2(codec), 'open a decoder');
    while ((await input.readFrame(packet)) >= 0) {
      if (packet.streamIndex === stream.index) await take(packet);
      packet.unref();
    }
    await take(null);
    return { alphaMode, widthPx, heightPx, pictures, count };
  } finally {
    frame.free();
    packet.free();
    decoder.freeContext();
    await input.closeInput();
  }
}
