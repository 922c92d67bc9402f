import { AV_NOPTS_VALUE, AV_PKT_FLAG_CORRUPT, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, Packet } from 'node-av/lib';
import { track } from '../metrics/native';
import type { Container } from '../outputs/recorder/fragments';

export interface RemuxJob {
  /** A recording in fragments; its end may be missing. */
  input: string;
  /** Must not exist. */
  output: string;
  container: Container;
}

/** The whole index in front: players start at once and jump anywhere, over HTTP too. */
const OPTIONS: Record<Container, Record<string, string>> = {
  mp4: { movflags: '+faststart' },
  webm: { cues_to_front: '1' },
};

/**
 * Copies a recording's packets, untouched, into a file with one index at its front. What cannot be read at the end (the crash came
 * in the middle of a fragment) is left out.
 * @returns how long it plays, ms; 0 when there is nothing in it
 * @throws Error when the input is not a recording or the output cannot be written
 */
export async function remux({ input, output, container }: RemuxJob): Promise<number> {
  const source = new FormatContext();
  const target = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  const untrack = track('remuxer');
  let opened = false;
  let endMs = 0;
  try {
    FFmpegError.throwIfError(await source.openInput(`file:${input}`), 'open the recording');
    FFmpegError.throwIfError(await source.findStreamInfo(), 'read the recording');
    FFmpegError.throwIfError(target.allocOutputContext2(null, container, `file:${output}`), 'make the container');
    for (const from of source.streams) {
      const to = target.newStream(null);
      FFmpegError.throwIfError(from.codecpar.copy(to.codecpar), 'describe a stream');
      to.codecpar.codecTag = 0; // the container chooses its own
      to.timeBase = from.timeBase;
      to.avgFrameRate = from.avgFrameRate;
    }
    FFmpegError.throwIfError(await target.openOutput(), 'create the file');
    opened = true;
    const options = Dictionary.fromObject(OPTIONS[container]);
    FFmpegError.throwIfError(await target.writeHeader(options), 'begin the file');
    while ((await source.readFrame(packet)) >= 0) {
      const from = source.streams[packet.streamIndex];
      const to = target.streams[packet.streamIndex];
      if (from && to && packet.pts !== AV_NOPTS_VALUE && !packet.hasFlags(AV_PKT_FLAG_CORRUPT)) {
        endMs = Math.max(endMs, (Number(packet.pts + packet.duration) * 1_000 * from.timeBase.num) / from.timeBase.den);
        packet.rescaleTs(from.timeBase, to.timeBase);
        FFmpegError.throwIfError(await target.interleavedWriteFrame(packet), 'write the file');
      }
      packet.unref();
    }
    FFmpegError.throwIfError(await target.writeTrailer(), 'end the file');
    return Math.round(endMs);
  } finally {
    packet.free();
    if (opened) await target.closeOutput();
    target.freeContext();
    await source.closeInput();
    untrack();
  }
}

/** How long a file plays, ms, by its own word; undefined when it does not say or is no such file. */
export async function declaredDurationMs(file: string): Promise<number | undefined> {
  const input = new FormatContext();
  const untrack = track('demuxer');
  try {
    if ((await input.openInput(`file:${file}`)) < 0 || (await input.findStreamInfo()) < 0) return undefined;
    const both = [AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO].every((kind) => input.findBestStream(kind) >= 0);
    const durationMs = Number(input.duration) / 1_000;
    return both && durationMs > 0 ? Math.round(durationMs) : undefined;
  } finally {
    await input.closeInput();
    untrack();
  }
}
