import { AV_NOPTS_VALUE, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FFmpegError, FormatContext } from 'node-av/lib';
import { HeraldError } from '../errors';

export interface MediaSize {
  durationMs: number;
  widthPx: number;
  heightPx: number;
}

/** Length and size of one of our own files. @throws HeraldError('refused') when it cannot be read */
export async function probeMedia(path: string): Promise<MediaSize> {
  const input = new FormatContext();
  try {
    FFmpegError.throwIfError(await input.openInput(`file:${path}`), 'open it');
    FFmpegError.throwIfError(await input.findStreamInfo(), 'read it');
    const stream = input.streams[input.findBestStream(AVMEDIA_TYPE_VIDEO)];
    if (!stream) throw new Error('it has no picture');
    const { width: widthPx, height: heightPx } = stream.codecpar;
    const durationMs = input.duration === AV_NOPTS_VALUE ? 0 : Number(input.duration) / 1_000;
    if (durationMs <= 0) throw new Error('it does not say how long it is');
    return { durationMs, widthPx, heightPx };
  } catch (error) {
    throw new HeraldError('refused', `the file cannot be exported: ${(error as Error).message}`);
  } finally {
    await input.closeInput();
  }
}
