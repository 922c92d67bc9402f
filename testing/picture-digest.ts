import { createHash } from 'node:crypto';
import { AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet } from 'node-av/lib';

/** SHA-256 of all decoded pictures of a file, and how many there are. */
export async function pictureDigest(file: string): Promise<{ sha256: string; pictures: number }> {
  const input = new FormatContext();
  const decoder = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  const hash = createHash('sha256');
  let pictures = 0;
  const take = async (sent: Packet | null) => {
    FFmpegError.throwIfError(await decoder.sendPacket(sent), 'decode');
    for (;;) {
      const code = await decoder.receiveFrame(frame);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      FFmpegError.throwIfError(code, 'decode');
      hash.update(frame.toBuffer());
      pictures++;
    }
  };
  try {
    FFmpegError.throwIfError(await input.openInput(`file:${file}`), `open ${file}`);
    FFmpegError.throwIfError(await input.findStreamInfo(), `read ${file}`);
    const stream = input.streams[input.findBestStream(AVMEDIA_TYPE_VIDEO)]!;
    decoder.allocContext3(Codec.findDecoder(stream.codecpar.codecId)!);
    decoder.parametersToContext(stream.codecpar);
    decoder.threadCount = 1;
    FFmpegError.throwIfError(await decoder.open2(null), 'open a decoder');
    while ((await input.readFrame(packet)) >= 0) {
      if (packet.streamIndex === stream.index) await take(packet);
      packet.unref();
    }
    await take(null);
    return { sha256: hash.digest('hex'), pictures };
  } finally {
    frame.free();
    packet.free();
    decoder.freeContext();
    await input.closeInput();
  }
}
