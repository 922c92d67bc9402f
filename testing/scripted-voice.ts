import type { PcmChunk } from '../src/main/server/audio/frame';
import type { Timers } from '../src/main/server/tts/timers';
import type { Tts, TtsOptions } from '../src/main/server/tts/tts';

export const RATE_HZ = 16_000;

/** What a voice does for one sentence, step by step. */
export type Step =
  | { tone: number; amplitude?: number; rateHz?: number }
  | { silence: number; rateHz?: number }
  | { wait: number }
  | { fail: unknown }
  /** Says nothing any more, and ignores its signal when `deaf`. */
  | { hang: 'deaf' | 'obedient' }
  /** Ends as if all were said, once its signal aborts. */
  | 'end on abort';

/** A voice in the test's hands: durations are in ms; each sentence takes the next script, the last one stays. */
export class ScriptedVoice implements Tts {
  readonly asked: { sentence: string; options: TtsOptions }[] = [];
  /** Sentences that are being said now. */
  speaking = 0;
  closes = 0;
  private readonly scripts: Step[][];

  constructor(
    readonly name: string,
    private readonly timers: Timers,
    ...scripts: Step[][]
  ) {
    this.scripts = scripts;
  }

  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    this.asked.push({ sentence, options });
    const script = this.scripts.length > 1 ? this.scripts.shift()! : this.scripts[0]!;
    this.speaking++;
    try {
      for (const step of script) {
        if (step === 'end on abort') return await aborted(options.signal).catch(() => {});
        if ('wait' in step)
          await new Promise<void>((resolve) => this.timers.after(step.wait, resolve, { background: true }));
        else if ('fail' in step) throw step.fail;
        else if ('hang' in step) await (step.hang === 'deaf' ? new Promise(() => {}) : aborted(options.signal));
        else if ('tone' in step) yield tone(step.tone, step.amplitude ?? 0.5, step.rateHz ?? RATE_HZ);
        else yield tone(step.silence, 0, step.rateHz ?? RATE_HZ);
      }
    } finally {
      this.speaking--;
    }
  }

  async close(): Promise<void> {
    this.closes++;
  }
}

/** A square wave: audible from its first sample to its last. */
export function tone(ms: number, amplitude: number, sampleRateHz: number): PcmChunk {
  const samples = Float32Array.from(
    { length: (ms * sampleRateHz) / 1_000 },
    (_, i) => (i % 80 < 40 ? 1 : -1) * amplitude,
  );
  return { samples, sampleRateHz };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
