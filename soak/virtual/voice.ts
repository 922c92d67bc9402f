import type { Random } from '../../fuzz/random';
import type { PcmChunk } from '../../src/main/server/audio/frame';
import type { Tts, TtsOptions } from '../../src/main/server/tts/tts';

const RATE_HZ = 22_050;
const CHUNK_MS = 250;
export const LOUD = 0.5;

/** A voice that speaks one level for as long as the text is: what is heard and what is seen can be told apart by looking. */
export class LevelVoice implements Tts {
  readonly name = 'level';
  /** Sentences that are being said. */
  speaking = 0;

  constructor(private readonly random: Random) {}

  async *stream(sentence: string, { signal }: TtsOptions): AsyncGenerator<PcmChunk> {
    this.speaking++;
    try {
      for (let leftMs = 150 + sentence.length * 60; leftMs > 0 && !signal.aborted; leftMs -= CHUNK_MS) {
        const samples = Math.floor((Math.min(leftMs, CHUNK_MS) * RATE_HZ) / 1_000) + this.random.below(3);
        yield { samples: new Float32Array(samples).fill(LOUD), sampleRateHz: RATE_HZ };
      }
    } finally {
      this.speaking--;
    }
  }

  async close(): Promise<void> {}
}
