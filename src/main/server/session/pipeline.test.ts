import { describe, expect, it } from 'vitest';
import { SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE } from '../../../shared/units';
import type { PcmChunk } from '../audio/frame';
import type { MelStream } from '../features/mel-stream';
import type { SpeechTarget } from '../playout/playout';
import type { Slot } from '../playout/speech-queue';
import type { Tts } from '../tts/tts';
import { type Stage, perform as walk } from './pipeline';
import { rehearse } from './rehearse';
import { Turn, type TurnOutcome, type TurnSource } from './turn';
import { knownWords } from './words';

const perform = (turn: Turn, on: Stage) => walk(turn, knownWords(turn.source.text), on);

/** A stage without time: every slot is taken at once, as a viewer with an endless queue would. */
function stage(tts: Partial<Tts> = {}, wantsUpbeat = false) {
  const slots: Slot[] = [];
  const upbeats: Float32Array[] = [];
  /** Places in the turn that mouths were asked for, in pictures. */
  const places: number[] = [];
  const windows: (boolean | undefined)[] = [];
  const heard: string[] = [];
  const underWay: boolean[] = [];
  const missed: unknown[] = [];
  let mel: MelStream | undefined;
  const playout: SpeechTarget = {
    setSpeechUnderWay: (value) => void underWay.push(value),
    enqueue: async (slot, signal) => {
      if (signal.aborted) return false;
      slots.push(slot);
      slot.onSent?.();
      slot.onGone?.(true);
      return true;
    },
    wantsUpbeat: () => wantsUpbeat,
    lead: (upbeat) => {
      upbeats.push(upbeat.samples);
      upbeat.onSent?.();
    },
  };
  const lips: Stage['lips'] = {
    answerInMs: 0,
    expect: (_, wanted) => {
      mel = wanted.mel;
      places.push(wanted.turnPicture);
    },
    pump: () => {
      for (let i = Math.max(0, slots.length - 20); i < slots.length; i++) windows.push(mel?.window(i) !== undefined);
    },
  };
  const made: Stage = {
    tts: { name: 'fake', stream: async function* () {}, close: async () => {}, ...tts },
    playout,
    lips,
    windowStartMs: -37.5,
    onMissed: (error) => missed.push(error),
    onSegment: (kind, text) => heard.push(`${kind} ${text} @${slots.length - 1}`),
  };
  const sound = () => [...upbeats, ...slots.map(({ samples }) => samples)].flatMap((samples) => [...samples]);
  return { stage: made, slots, upbeats, places, windows, heard, underWay, missed, sound };
}

function turn(source: TurnSource) {
  const outcomes: TurnOutcome[] = [];
  return { turn: new Turn(1, source, (_, outcome) => outcomes.push(outcome)), outcomes };
}

async function* pcm(samples: number, sampleRateHz: number, chunk = 1_000): AsyncGenerator<PcmChunk> {
  for (let at = 0; at < samples; at += chunk) {
    yield { samples: new Float32Array(Math.min(chunk, samples - at)).fill(0.5), sampleRateHz };
  }
}

const audio = (chunks: AsyncIterable<PcmChunk>): TurnSource => ({
  kind: 'audio',
  text: 'file.wav',
  chunks,
  close: async () => {},
});

describe('the walk of a turn', () => {
  it('plays every sample of an upload, once, and pads only the last picture', async () => {
    const samples = 59_233;
    const { stage: made, sound, windows } = stage();
    await perform(turn(audio(pcm(samples, 48_000))).turn, made);
    const played = sound();
    expect(played.slice(0, samples).every((s) => s === 0.5)).toBe(true);
    expect(played.slice(samples).every((s) => s === 0)).toBe(true);
    expect(played.length).toBe((Math.ceil(samples / SAMPLES_PER_PICTURE) + 4) * SAMPLES_PER_PICTURE);
    expect(windows.every(Boolean)).toBe(true);
  });

  it('keeps the duration of other rates to the sample', async () => {
    for (const [rateHz, samples] of [
      [22_050, 22_050],
      [16_000, 24_000],
      [44_100, 66_150],
    ] as const) {
      const { stage: made, slots } = stage();
      const { turn: t } = turn(audio(pcm(samples, rateHz)));
      await perform(t, made);
      const expected = Math.round((samples * 48_000) / rateHz);
      expect(slots.length).toBe(Math.ceil(expected / SAMPLES_PER_PICTURE) + 4);
    }
  });

  it('joins the sentences of a text without a gap and reports each where it is sent', async () => {
    const { stage: made, heard, sound, underWay } = stage({ stream: (sentence) => pcm(sentence.length * 480, 48_000) });
    await perform(turn({ kind: 'echo', text: 'One is here. Two is there.' }).turn, made);
    const total = ('One is here.'.length + 'Two is there.'.length) * 480;
    expect(sound().indexOf(0)).toBe(total);
    expect(heard).toEqual([
      'begin One is here. @0',
      'end One is here. @2',
      'begin Two is there. @3',
      'end Two is there. @6',
    ]);
    expect(underWay.at(-1)).toBe(false);
  });

  it('begins with an upbeat where that is sooner, and asks for mouths that are half a picture later', async () => {
    const total = 9_700;
    const voice = { stream: () => pcm(total, 48_000, 4_800) };
    const { stage: made, upbeats, places, slots, sound } = stage(voice, true);
    const { turn: t } = turn({ kind: 'echo', text: 'One is here.' });
    await perform(t, made);
    expect(upbeats.map(({ length }) => length)).toEqual([SAMPLES_PER_FRAME]);
    expect(sound().indexOf(0)).toBe(total);
    expect(places).toEqual(slots.map((_, i) => i + 0.5));
    expect(t.playedSamples).toBe(SAMPLES_PER_FRAME + slots.length * SAMPLES_PER_PICTURE);
    // A sound too short to be sure of a slot has none.
    const short = stage({ stream: () => pcm(3_000, 48_000, 3_000) }, true);
    await perform(turn({ kind: 'echo', text: 'One.' }).turn, short.stage);
    expect(short.upbeats).toHaveLength(0);
  });

  it('stops asking the voice once it is interrupted', async () => {
    let asked = 0;
    const { turn: t, outcomes } = turn({ kind: 'echo', text: 'One. Two. Three. Four.' });
    const { stage: made } = stage({
      async *stream(_, { signal }) {
        asked++;
        yield* pcm(4_800, 48_000);
        t.interrupt();
        expect(signal.aborted).toBe(true);
      },
    });
    await perform(t, made);
    t.finish();
    expect(asked).toBe(1);
    expect(outcomes).toHaveLength(1); // how much was played by then depends on how far ahead the voice was
    expect(outcomes[0]).toMatchObject({ kind: 'interrupted' });
    expect(outcomes[0]!.playedMs).toBeLessThanOrEqual(120);
  });

  it('plays what it heard before a voice failed, says so, and goes on with the next sentence', async () => {
    const {
      stage: made,
      sound,
      missed,
    } = stage({
      async *stream(sentence) {
        yield* pcm(9_600, 48_000);
        if (sentence === 'Hello.') throw new Error('line cut');
      },
    });
    await perform(turn({ kind: 'echo', text: 'Hello. And this is the rest of it.' }).turn, made);
    expect(missed).toEqual([new Error('line cut')]);
    expect(sound().indexOf(0)).toBe(19_200);
  });

  it('gives a voice up that fails twice in a row', async () => {
    let asked = 0;
    const {
      stage: made,
      missed,
      heard,
    } = stage({
      // biome-ignore lint/correctness/useYield: it has nothing to give.
      async *stream() {
        asked++;
        throw new Error('out of order');
      },
    });
    await perform(turn({ kind: 'echo', text: 'One is here. Two is there. Three is gone.' }).turn, made);
    expect({ asked, missed: missed.length, heard }).toEqual({ asked: 2, missed: 2, heard: [] });
  });

  it('says that there is nothing to say', async () => {
    await expect(perform(turn({ kind: 'echo', text: '🎉🎉' }).turn, stage().stage)).rejects.toThrow(/nothing to say/);
  });

  it('stamps the milestones of a turn in their order', async () => {
    const { turn: t } = turn({ kind: 'echo', text: 'Hello.' });
    const { stage: made } = stage({ stream: () => pcm(9_600, 48_000) });
    await perform(t, made);
    const { firstSentenceMs, firstAudioMs, firstSoundSentMs, firstPictureSentMs } = t.clock.figures;
    const inOrder = [firstSentenceMs, firstAudioMs, firstSoundSentMs];
    expect(inOrder.every((ms) => ms !== undefined)).toBe(true);
    expect(inOrder.toSorted((a, b) => a! - b!)).toEqual(inOrder);
    expect(firstPictureSentMs).toBe(firstSoundSentMs);
  });
});

describe('rehearse', () => {
  it('says its text to nobody, sentence by sentence', async () => {
    const asked: string[] = [];
    const tts: Tts = {
      name: 'fake',
      async *stream(sentence) {
        asked.push(sentence);
        yield* pcm(9_600, 48_000);
      },
      close: async () => {},
    };
    await rehearse(-37.5, new AbortController().signal, tts);
    expect(asked).toHaveLength(2);
  });

  it('ends when the server stops in the middle of it', async () => {
    const stop = new AbortController();
    const tts: Tts = {
      name: 'stalled',
      async *stream(_, { signal }) {
        stop.abort();
        if (!signal.aborted) await new Promise(() => {});
        yield* pcm(960, 48_000);
      },
      close: async () => {},
    };
    await rehearse(-37.5, stop.signal, tts);
  });
});
