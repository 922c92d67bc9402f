import type { PcmChunk } from '../audio/frame';
import { HeraldError } from '../errors';
import { splitAll } from '../text/sentences';
import { hasSpeech } from '../text/speakable';
import { EspeakHost } from './espeak-host';
import { ESPEAK_RATE_HZ, type Phoneme } from './espeak-protocol';
import { espeakText } from './espeak-text';
import { type EspeakVoice, findVoice, listVoices, pitchFor, rateWpmFor, voiceFor } from './espeak-voices';
import { splitByScript } from './scripts';
import { pauseAfterMs, SpeechTrim } from './silence';
import type { Tts, TtsOptions, VoiceInfo } from './tts';

export type { Phoneme } from './espeak-protocol';

/** PCM with the phonemes that start in or shortly after it; times count from the first sample of the whole text. */
export interface SpokenPart extends PcmChunk {
  phonemes: Phoneme[];
}

/** A whole text as spoken, for tests, benches and training labels. */
export interface SpokenText {
  samples: Float32Array;
  sampleRateHz: number;
  phonemes: Phoneme[];
}

const WARM_LIMIT_MS = 10_000;

/**
 * The voice that needs no network, key or download: espeak-ng as WebAssembly in a worker thread. Mixed text is cut by
 * script and each run read by a voice of that script (hanzi by Mandarin, kana by Japanese, ...). Kanji are read as
 * Mandarin too: espeak-ng's Japanese has no dictionary for them and would say "Chinese letter".
 */
export class EspeakTts implements Tts {
  readonly name = 'espeak';
  readonly #host = new EspeakHost();

  /** Starts the worker and speaks a word to nobody (about 0.3 s), before the first sentence needs it. @throws when it cannot. */
  async warm(): Promise<void> {
    await this.#host.catalogue();
    for await (const _ of this.speak('Ready?', { signal: AbortSignal.timeout(WARM_LIMIT_MS) }));
  }

  /**
   * @throws HeraldError('refused') for text with nothing to say, a voice that does not exist, or a voice that failed;
   *   the signal's reason when aborted.
   */
  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    for await (const { samples, sampleRateHz } of this.speak(sentence, options)) {
      if (samples.length > 0) yield { samples, sampleRateHz };
    }
  }

  /** As `stream`, with phoneme times. */
  async *speak(sentence: string, options: TtsOptions): AsyncGenerator<SpokenPart> {
    const { signal, speed = 1, pitchSemitones = 0 } = options;
    const pieces = speakablePieces(sentence);
    if (pieces.length === 0) {
      throw new HeraldError(
        'refused',
        `There is nothing to say in "${sentence.slice(0, 40)}": it has no letters or digits.`,
      );
    }
    let chosen: EspeakVoice | undefined;
    if (options.voice) chosen = findVoice(options.voice, await this.#host.catalogue(signal));

    let spokenSamples = 0;
    let heard = false;
    for (const { script, text, pauseMs } of pieces) {
      const trim = new SpeechTrim(ESPEAK_RATE_HZ);
      const startMs = (spokenSamples * 1_000) / ESPEAK_RATE_HZ;
      const job = {
        text,
        voice: voiceFor(script, chosen),
        rateWpm: rateWpmFor(script, speed),
        pitch: pitchFor(pitchSemitones),
      };
      for await (const part of this.#host.run(job, signal)) {
        const samples = trim.push(part.samples);
        spokenSamples += samples.length;
        const phonemes = part.phonemes.map(({ ipa, startMs: atMs }) => ({
          ipa,
          startMs: startMs + Math.max(0, atMs - trim.trimmedMs),
        }));
        yield { samples, sampleRateHz: ESPEAK_RATE_HZ, phonemes };
      }
      heard ||= trim.heard;
      const pause = trim.finish(pauseMs);
      spokenSamples += pause.length;
      if (trim.heard) yield { samples: pause, sampleRateHz: ESPEAK_RATE_HZ, phonemes: [] };
    }
    if (!heard)
      throw new HeraldError('refused', `The offline voice found nothing to say in "${sentence.slice(0, 40)}".`);
  }

  /** Its languages, in a soft voice; another speaker is a suffix, as in `en-us+m3`. */
  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    return listVoices(await this.#host.catalogue(signal));
  }

  async close(): Promise<void> {
    await this.#host.close();
  }

  /** The worker's thread id and waiting jobs. */
  get state(): { threadId: number | undefined; jobs: number } {
    return this.#host.state;
  }
}

/** Voice runs short enough that one of them is milliseconds of work and a bounded amount of PCM. */
function speakablePieces(sentence: string) {
  const sentences = splitAll(sentence, { early: false });
  return sentences.flatMap((part) => {
    const runs = splitByScript(part).filter((run) => hasSpeech(run.text));
    return runs.flatMap(({ script, text }, i) => {
      const safe = espeakText(text);
      if (!hasSpeech(safe)) return [];
      // Between two scripts inside a sentence people hardly pause.
      return [
        { script, text: safe, pauseMs: i < runs.length - 1 ? Math.min(60, pauseAfterMs(text)) : pauseAfterMs(part) },
      ];
    });
  });
}

/** Speaks a whole text and returns it with the time of every phoneme. @throws as `EspeakTts.stream`. */
export async function synthesizeWithPhonemes(
  tts: EspeakTts,
  text: string,
  options: Partial<TtsOptions> = {},
): Promise<SpokenText> {
  const parts: SpokenPart[] = [];
  const signal = options.signal ?? AbortSignal.timeout(60_000);
  for await (const part of tts.speak(text, { ...options, signal })) parts.push(part);
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.samples.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part.samples, at);
    at += part.samples.length;
  }
  return { samples, sampleRateHz: ESPEAK_RATE_HZ, phonemes: parts.flatMap((part) => part.phonemes) };
}
