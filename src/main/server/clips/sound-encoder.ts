import type { CodecParameters } from 'node-av/lib';
import { SAMPLES_PER_FRAME } from '../../../shared/units';
import { AacEncoder } from '../encode/aac';
import { OpusEncoder } from '../encode/opus';
import type { EncodedPacket } from '../outputs/output';
import { describeOpus, OPUS_PRE_SKIP_SAMPLES } from '../outputs/recorder/fragments';
import type { ClipFormat } from './format';

/** The sound of a clip, 48 kHz mono, in what its container holds. */
export interface SoundEncoder {
  /** A frame of 960 samples in [-1, 1], read before the call returns. */
  encode(samples: Float32Array): void;
  /** Codes what is left. */
  finish(): void;
  close(): void;
  /** Tells a muxer what comes. */
  describe(parameters: CodecParameters): void;
}

const AAC_BITRATE_BPS = 128_000;
const OPUS_BITRATE_BPS = 96_000;

/** @param onPacket gets times in samples that count from the first one given; what lies before it primes the decoder */
export async function openSound(format: ClipFormat, onPacket: (packet: EncodedPacket) => void): Promise<SoundEncoder> {
  if (format === 'mp4') return AacEncoder.open(AAC_BITRATE_BPS, onPacket);
  const opus = await OpusEncoder.open(OPUS_BITRATE_BPS);
  let samples = 0;
  const encode = (frame: Float32Array) => {
    const packet = opus.encode(frame, samples - OPUS_PRE_SKIP_SAMPLES);
    samples += SAMPLES_PER_FRAME;
    if (packet) onPacket(packet);
  };
  return {
    encode,
    // The encoder is 6.5 ms behind; one frame of silence more, and the last sample is out.
    finish: () => encode(new Float32Array(SAMPLES_PER_FRAME)),
    close: () => opus.close(),
    describe: (parameters) => describeOpus(parameters, 1),
  };
}
