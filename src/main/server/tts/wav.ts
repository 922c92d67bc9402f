import type { PcmChunk } from '../audio/frame';

const HEADER_BYTES = 44;
const BYTES_PER_SAMPLE = 2;

/** Mono sound of one rate as a RIFF file of 16-bit samples. */
export function wavOf(chunks: readonly PcmChunk[], sampleRateHz: number): Buffer {
  const count = chunks.reduce((sum, { samples }) => sum + samples.length, 0);
  const wav = Buffer.alloc(HEADER_BYTES + BYTES_PER_SAMPLE * count);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(sampleRateHz, 24);
  wav.writeUInt32LE(BYTES_PER_SAMPLE * sampleRateHz, 28);
  wav.writeUInt16LE(BYTES_PER_SAMPLE, 32);
  wav.writeUInt16LE(8 * BYTES_PER_SAMPLE, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(BYTES_PER_SAMPLE * count, 40);
  let at = HEADER_BYTES;
  for (const { samples } of chunks) {
    for (const sample of samples) {
      wav.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 0x7fff), at);
      at += BYTES_PER_SAMPLE;
    }
  }
  return wav;
}
