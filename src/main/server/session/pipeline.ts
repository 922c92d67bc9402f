import { FEATURE_RATE_HZ, SAMPLE_RATE_HZ, SAMPLES_PER_PICTURE } from '../../../shared/units';
import { Framer } from '../audio/framer';
import { Resampler } from '../audio/resample';
import { MelStream } from '../features/mel-stream';
import type { Playout, Slot } from '../playout/playout';
import type { Tts } from '../tts/tts';
import type { Lips } from './lips';
import { speech } from './speech';
import type { Turn } from './turn';

export interface Stage {
  tts: Tts;
  playout: Playout;
  lips: Lips;
  windowStartMs: number;
  onSegment(kind: 'begin' | 'end', text: string, turn: Turn): void;
}

/** After the last sound the mouth needs this long to come to rest (the window looks 160 ms ahead). */
const CLOSING_PICTURES = 4;

/**
 * THE WALK of one turn: text -> sentences -> speech -> 40 ms slots -> mel windows -> mouth -> playout. Everything up to
 * `enqueue` runs as far ahead as the playout queue lets it; only playout waits on the clock. Resolves when the turn's last
 * sample has been sent or the turn was interrupted; rejects with what went wrong in its voice or audio.
 */
export async function perform(turn: Turn, stage: Stage): Promise<void> {
  const { signal } = turn;
  const { playout, lips } = stage;
  const mel = new MelStream({ windowStartMs: stage.windowStartMs });
  const toFeatureRate = new Resampler(SAMPLE_RATE_HZ, FEATURE_RATE_HZ);
  const slots = new Framer(SAMPLES_PER_PICTURE);
  let resample: { rateHz: number; resampler: Resampler } | undefined;
  let turnPicture = 0;
  let lastSlotGone: Promise<void> = Promise.resolve();
  /** Segment boundaries not yet attached to a slot, by their position in the turn. */
  const marks: { atSamples: number; kind: 'begin' | 'end'; text: string }[] = [];
  let heardSamples = 0;

  const enqueue = async (samples: Float32Array): Promise<void> => {
    const fromSamples = turnPicture * SAMPLES_PER_PICTURE;
    const due = marks.splice(
      0,
      countWhile(marks, (mark) => mark.atSamples < fromSamples + SAMPLES_PER_PICTURE),
    );
    let gone: () => void = () => {};
    lastSlotGone = new Promise((resolve) => {
      gone = resolve;
    });
    const slot: Slot = {
      samples,
      pictureIndex: 0,
      patch: undefined,
      onSent: () => {
        for (const mark of due) stage.onSegment(mark.kind, mark.text, turn);
        turn.playedSamples += SAMPLES_PER_PICTURE;
      },
      onGone: gone,
    };
    if (!(await playout.enqueue(slot, signal))) return gone();
    lips.expect(slot, { turnPicture, mel, signal });
    turnPicture++;
  };
  const hear = async (samples48k: Float32Array): Promise<void> => {
    heardSamples += samples48k.length;
    mel.push(toFeatureRate.push(samples48k));
    for (const block of slots.push(samples48k)) {
      if (signal.aborted) return;
      await enqueue(block);
    }
  };
  const endSegment = async (): Promise<void> => {
    if (resample) await hear(resample.resampler.flush());
    resample = undefined;
  };

  try {
    for await (const part of speech(turn.source, stage.tts, signal)) {
      if (signal.aborted) return;
      if (part.kind === 'pcm') {
        playout.setSpeechUnderWay(true);
        const { samples, sampleRateHz } = part.chunk;
        if (resample?.rateHz !== sampleRateHz) {
          await endSegment();
          resample = { rateHz: sampleRateHz, resampler: new Resampler(sampleRateHz, SAMPLE_RATE_HZ) };
        }
        await hear(resample!.resampler.push(samples));
      } else {
        if (part.kind === 'end') await endSegment();
        marks.push({ atSamples: part.kind === 'end' ? Math.max(0, heardSamples - 1) : heardSamples, ...part });
      }
    }
    await endSegment();
    mel.push(toFeatureRate.flush());
    const rest = slots.flush();
    if (rest) await enqueue(rest);
    const silence = new Float32Array(CLOSING_PICTURES * (FEATURE_RATE_HZ / 25));
    mel.push(silence);
    for (let i = 0; i < CLOSING_PICTURES && turnPicture > 0; i++) await enqueue(new Float32Array(SAMPLES_PER_PICTURE));
    mel.flush();
    lips.pump();
  } finally {
    playout.setSpeechUnderWay(false);
    // What was heard before something failed is still played out.
    await lastSlotGone;
  }
}

function countWhile<T>(items: T[], test: (item: T) => boolean): number {
  const end = items.findIndex((item) => !test(item));
  return end === -1 ? items.length : end;
}
