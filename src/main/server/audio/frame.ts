/**
 * Arbitrary mono PCM as a voice or a decoder delivers it: any length, any rate.
 * `samples` are in [-1, 1].
 */
export interface PcmChunk {
  samples: Float32Array;
  sampleRateHz: number;
}
