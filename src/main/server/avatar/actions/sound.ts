import { SAMPLE_RATE_HZ, SAMPLES_PER_PICTURE, samplesToMs } from '../../../../shared/units';
import { PacketDecoder } from '../../audio/decoder';
import type { PcmChunk } from '../../audio/frame';
import { frames } from '../../audio/framer';
import { resample } from '../../audio/resample';
import { MediaFile } from './media-file';

export interface SoundOptions {
  /** Where on the file's own clock the pictures begin: what sounds before is left out, what begins later waits in silence. */
  fromSamples?: number;
}

/**
 * The sound of a file as mono blocks of 40 ms at 48 kHz, whatever its rate and channels; the last one is filled up with
 * silence. Decoded as it is read.
 * @throws Error with what is wrong, as the end of a sentence that starts with the file's name
 */
export function soundBlocks(file: string, { fromSamples }: SoundOptions = {}): AsyncGenerator<Float32Array> {
  return frames(placed(file, fromSamples), SAMPLES_PER_PICTURE);
}

/**
 * @returns how long it lasts, where its file says so
 * @throws Error when the file has no sound that can be decoded, as the end of a sentence that starts with its name
 */
export async function checkSound(file: string): Promise<{ durationMs: number | undefined }> {
  const blocks = soundBlocks(file);
  const first = await blocks.next();
  await blocks.return(undefined);
  const length = await soundLength(file);
  if (first.done || !length) throw new Error('holds no sound that can be decoded');
  return length;
}

/** @returns how long it sounds from `fromSamples` on, where its file says so; undefined for a file without a sound track */
export async function soundLength(
  file: string,
  { fromSamples }: SoundOptions = {},
): Promise<{ durationMs: number | undefined } | undefined> {
  const media = await MediaFile.open(file, 'audio');
  if (!media) return undefined;
  const { durationMs, startSamples } = media;
  media.close();
  const leadMs = fromSamples === undefined ? 0 : samplesToMs(startSamples - fromSamples);
  return { durationMs: durationMs === undefined ? undefined : Math.max(0, leadMs + durationMs) };
}

async function* placed(file: string, fromSamples: number | undefined): AsyncGenerator<PcmChunk> {
  const media = await MediaFile.open(file, 'audio');
  if (!media) throw new Error('has no sound track');
  try {
    let skip = 0;
    if (fromSamples !== undefined) {
      const lead = media.startSamples - fromSamples;
      if (lead > 0) yield { samples: new Float32Array(lead), sampleRateHz: SAMPLE_RATE_HZ };
      skip = Math.max(0, -lead);
    }
    for await (const { samples } of resample(decoded(media), SAMPLE_RATE_HZ)) {
      const rest = samples.subarray(Math.min(skip, samples.length));
      skip -= samples.length - rest.length;
      if (rest.length > 0) yield { samples: rest, sampleRateHz: SAMPLE_RATE_HZ };
    }
  } finally {
    media.close();
  }
}

async function* decoded(media: MediaFile): AsyncGenerator<PcmChunk> {
  const decoder = new PacketDecoder(media.stream);
  try {
    for (let packet = await media.read(); packet; packet = await media.read()) yield* decoder.decode(packet);
    yield* decoder.decode(null);
  } finally {
    decoder.close();
  }
}
