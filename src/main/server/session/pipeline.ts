import { setImmediate as letOthersRun } from 'node:timers/promises';
import { FEATURE_RATE_HZ, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE } from '../../../shared/units';
import { Framer } from '../audio/framer';
import { Resampler } from '../audio/resample';
import { MelStream } from '../features/mel-stream';
import type { SpeechTarget } from '../playout/playout';
import type { Slot } from '../playout/speech-queue';
import { runAhead } from './ahead';
import type { Lips } from './lips';
import { type SpeechOptions, type SpeechPart, speech } from './speech';
import type { Turn } from './turn';
import type { Words } from './words';

export interface Stage extends SpeechOptions {
  playout: SpeechTarget;
  lips: Pick<Lips, 'expect' | 'pump' | 'answerInMs'>;
  windowStartMs: number;
  onSegment(kind: 'begin' | 'end', text: string): void;
  /** The voice has nothing left to do for this turn; up to 4 s of it are still to be heard. */
  onAllSpoken?(): void;
}

/** After the last sound the mouth needs this long to come to rest (the window looks 160 ms ahead). */
const CLOSING_PICTURES = 4;
/** Sound prepared in one go: 100 ms of it cost about 1 ms of CPU. */
const SLICE_SAMPLES = SAMPLE_RATE_HZ / 10;
/** Speech synthesised ahead of the playout queue: a slow voice uses the time that a long sentence takes to be said. */
const MAX_AHEAD_MS = 15_000;
/** Of a first mouth, besides its engine's time: its mel window, and the way there and back. */
const PREPARING_MS = 3;
/** Quieter than this (-50 dBFS) nobody hears. */
const AUDIBLE = 0.003;

interface Mark {
  atSamples: number;
  kind: 'begin' | 'end';
  text: string;
}

/** What the walk still knows of a slot it has queued. */
interface Queued {
  marks: Mark[];
  sent: boolean;
  gone?: Promise<void>;
}

/**
 * THE WALK of one turn: words -> sentences -> speech -> 40 ms slots -> mel windows -> mouth -> playout. Everything up to
 * `enqueue` runs as far ahead as its bounds let it; only playout waits on the clock. Resolves when the turn's last
 * sample has been sent or the turn was interrupted; rejects with what went wrong in its voice or audio.
 */
export async function perform(turn: Turn, words: Words, stage: Stage): Promise<void> {
  const { signal, clock } = turn;
  const { playout, lips } = stage;
  const mel = new MelStream({ windowStartMs: stage.windowStartMs });
  const toFeatureRate = new Resampler(SAMPLE_RATE_HZ, FEATURE_RATE_HZ);
  const slots = new Framer(SAMPLES_PER_PICTURE);
  let resample: { rateHz: number; resampler: Resampler } | undefined;
  let turnPicture = 0;
  let heardSamples = 0;
  /** What sounds before the first slot. */
  let upbeatSamples = 0;
  let last: Queued | undefined;
  /** Beginnings and ends of segments that lie in a slot not queued yet. */
  const marks: Mark[] = [];
  const report = ({ kind, text }: Mark) => stage.onSegment(kind, text);

  const enqueue = async (samples: Float32Array): Promise<void> => {
    const endSamples = upbeatSamples + (turnPicture + 1) * SAMPLES_PER_PICTURE;
    const queued: Queued = {
      marks: marks.splice(
        0,
        countWhile(marks, (mark) => mark.atSamples < endSamples),
      ),
      sent: false,
    };
    let gone: () => void = () => {};
    queued.gone = new Promise((resolve) => {
      gone = resolve;
    });
    last = queued;
    const slot: Slot = {
      samples,
      pictureIndex: 0,
      patch: undefined,
      onSent: () => {
        queued.sent = true;
        clock.mark('firstPictureSentMs');
        if (isAudible(samples)) clock.mark('firstSoundSentMs');
        queued.marks.forEach(report);
        turn.playedSamples += SAMPLES_PER_PICTURE;
      },
      onGone: gone,
    };
    if (!(await playout.enqueue(slot, signal))) {
      gone();
      return;
    }
    lips.expect(slot, { turn: turn.id, turnPicture: turnPicture + upbeatSamples / SAMPLES_PER_PICTURE, mel, signal });
    turnPicture++;
  };
  const note = (kind: 'begin' | 'end', text: string): void => {
    // A segment ends with its last sample, which may be in a slot that is queued, or even sent, already.
    const atSamples = kind === 'end' ? Math.max(0, heardSamples - 1) : heardSamples;
    const mark = { atSamples, kind, text };
    if (atSamples >= upbeatSamples + turnPicture * SAMPLES_PER_PICTURE || !last) marks.push(mark);
    else if (!last.sent) last.marks.push(mark);
    else report(mark);
  };
  /** The sound of the first slots; what sounds before them, where that is sooner, is the playout's by then. */
  const withoutUpbeat = (first: Float32Array): Float32Array => {
    if (first.length < 2 * SAMPLES_PER_PICTURE || !playout.wantsUpbeat(lips.answerInMs + PREPARING_MS)) return first;
    const samples = first.slice(0, SAMPLES_PER_FRAME);
    upbeatSamples = samples.length;
    playout.lead({
      samples,
      onSent: () => {
        if (isAudible(samples)) clock.mark('firstSoundSentMs');
        turn.playedSamples += samples.length;
      },
    });
    return first.subarray(samples.length);
  };
  const hear = async (samples48k: Float32Array): Promise<void> => {
    for (let at = 0; at < samples48k.length; at += SLICE_SAMPLES) {
      const slice = samples48k.subarray(at, at + SLICE_SAMPLES);
      const isFirst = heardSamples === 0;
      heardSamples += slice.length;
      mel.push(toFeatureRate.push(slice));
      for (const block of slots.push(isFirst ? withoutUpbeat(slice) : slice)) {
        if (signal.aborted) return;
        await enqueue(block);
      }
      // A voice may deliver ten seconds at once; what is on air must not wait until they are all prepared.
      if (turnPicture > 0) await letOthersRun();
    }
  };
  const endSegment = async (): Promise<void> => {
    if (resample) await hear(resample.resampler.flush());
    resample = undefined;
  };

  try {
    for await (const part of runAhead(speech(turn, words, stage), { weigh: durationMs, most: MAX_AHEAD_MS, signal })) {
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
        note(part.kind, part.text);
      }
    }
    stage.onAllSpoken?.();
    await endSegment();
    mel.push(toFeatureRate.flush());
    mel.flush(); // what follows is silence: every window can be had now
    const rest = slots.flush();
    if (rest) await enqueue(rest);
    for (let i = 0; i < CLOSING_PICTURES && turnPicture > 0; i++) await enqueue(new Float32Array(SAMPLES_PER_PICTURE));
    lips.pump();
  } finally {
    playout.setSpeechUnderWay(false);
    // What was heard before something failed is still played out.
    await last?.gone;
  }
}

const isAudible = (samples: Float32Array): boolean => samples.some((x) => Math.abs(x) > AUDIBLE);

function durationMs(part: SpeechPart): number {
  return part.kind === 'pcm' ? (part.chunk.samples.length / part.chunk.sampleRateHz) * 1_000 : 0;
}

function countWhile<T>(items: T[], test: (item: T) => boolean): number {
  const end = items.findIndex((item) => !test(item));
  return end === -1 ? items.length : end;
}
