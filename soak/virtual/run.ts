import { setImmediate as letOthersRun } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { Random } from '../../fuzz/random';
import { LatencyLedger } from '../../src/main/server/metrics/latency';
import { PictureBuffers } from '../../src/main/server/playout/picture-buffers';
import { Playout } from '../../src/main/server/playout/playout';
import type { Dialogue } from '../../src/main/server/session/dialogue';
import { Lips } from '../../src/main/server/session/lips';
import { Turns } from '../../src/main/server/session/turns';
import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE, samplesToMs } from '../../src/shared/units';
import { greyAvatar } from '../../testing/grey-avatar';
import { EventOrder } from '../event-order';
import { Invariants } from '../invariants';
import { type Report, writeReport } from '../report';
import { ClockSink } from './clocks';
import { MachineClock } from './machine-clock';
import { PaintedMouth } from './mouth';
import { VIRTUAL_PROMISES } from './promises';
import { LevelVoice } from './voice';

export interface VirtualOptions {
  days: number;
  seed: number;
  /** Where the report goes; none is written without it. */
  out?: string;
  /** Share of the time that is spoken; 1 % unless said. */
  speechShare?: number;
}

const DAY_SAMPLES = 86_400 * SAMPLE_RATE_HZ;
/** Any date will do; this one is far from round. */
const EPOCH_MS = Date.UTC(2026, 0, 1, 23, 59, 58, 123);
const THRESHOLD_LUMA = 150;
const SENTENCES = ['Yes.', 'Here is the news of the hour.', 'A ship came in last night, and nobody knows from where.'];
const MEAN_SPEECH_S = 4;

/**
 * Days of one session in minutes: the real turns, walk, playout, RTP sender and sender reports on a clock that is moved by whoever
 * waits for it. Only the voice, the mouth and the encoders are stand-ins. @returns whether all promises were kept
 */
export async function soakVirtually(
  { days, seed, out, speechShare = 0.01 }: VirtualOptions,
  stop: AbortSignal,
  tell: (line: string) => void,
): Promise<{ kept: boolean; report: Report }> {
  const startedAt = new Date();
  const random = new Random(seed);
  const clock = new MachineClock(random, EPOCH_MS);
  const invariants = new Invariants(() => clock.nowSamples() / SAMPLE_RATE_HZ, VIRTUAL_PROMISES);
  let skippedSeen = 0;
  const sink = new ClockSink(EPOCH_MS, THRESHOLD_LUMA, () => clock.nowSamples(), {
    see: (name, value, note = '') => {
      // Holes are what was skipped, and nothing more: they are counted below.
      if (name.endsWith(' whole')) skippedSeen++;
      else invariants.see(name, value, undefined, note);
    },
  });
  const { widthPx, heightPx } = greyAvatar;
  const mouth = new PaintedMouth();
  const voice = new LevelVoice(random);
  const buffers = new PictureBuffers((widthPx * heightPx * 3) / 2);
  let lips: Lips | undefined;
  const playout = new Playout(greyAvatar, clock, sink, buffers, () => lips?.onStep());
  let failure: unknown;
  playout.onFailed = (error) => (failure = error);
  lips = new Lips(greyAvatar, mouth, playout);
  const order = new EventOrder((what) => invariants.see('events in order', 1, undefined, what));
  const done = { turns: 0, interrupts: 0, events: 0 };
  const turns = new Turns(
    { tts: voice, mouth, latency: new LatencyLedger(), log: pino({ level: 'silent' }) },
    // Nobody asks questions here.
    { ended: () => undefined } as unknown as Dialogue,
    {
      emit: (event) => {
        done.events++;
        invariants.see('events in order', 0);
        order.take(event);
      },
      fail: (part, error) => invariants.see('events in order', 1, undefined, `${part}: ${error}`),
      onMode: () => {},
      onTurn: () => {},
    },
  );
  clock.busy = () => turns.busy;
  turns.attach(playout, lips);
  const heap: number[] = [];
  const collect = collector();

  const wantedSamples = Math.round(days * DAY_SAMPLES);
  let nextSpeechSamples = SAMPLE_RATE_HZ;
  let nextLookSamples = SAMPLE_RATE_HZ;
  let nextDaySamples = DAY_SAMPLES;
  let nextInterruptSamples = Number.POSITIVE_INFINITY;
  let lastNowSamples = 0;
  playout.start();
  while (clock.nowSamples() < wantedSamples && !stop.aborted && !failure) {
    await letOthersRun();
    const nowSamples = clock.nowSamples();
    invariants.see('queues bounded', playout.upcoming.length);
    if (nowSamples >= nextInterruptSamples) {
      turns.interrupt();
      done.interrupts++;
      nextInterruptSamples = Number.POSITIVE_INFINITY;
    }
    if (nowSamples >= nextSpeechSamples) {
      const count = 1 + random.below(3);
      for (let i = 0; i < count; i++) {
        turns.add({ kind: 'echo', text: random.of(SENTENCES) });
        done.turns++;
      }
      if (random.chance(0.3)) nextInterruptSamples = nowSamples + random.below(4 * SAMPLE_RATE_HZ);
      nextSpeechSamples = nowSamples + random.next() * ((2 * 2 * MEAN_SPEECH_S) / speechShare) * SAMPLE_RATE_HZ;
    }
    if (nowSamples >= nextLookSamples) {
      nextLookSamples = nowSamples + SAMPLE_RATE_HZ;
      const { soundAndPicture, mediaAndMachine } = sink.apartMs();
      invariants.see('both clocks', soundAndPicture);
      // Where it has just stood still, the playout is about to skip or to catch up.
      if (nowSamples - lastNowSamples < 2 * SAMPLE_RATE_HZ) invariants.see('media and machine', mediaAndMachine);
      if (!turns.busy && playout.upcoming.length > 0) invariants.see('queues empty', playout.upcoming.length);
    }
    lastNowSamples = nowSamples;
    if (nowSamples >= nextDaySamples) {
      nextDaySamples += DAY_SAMPLES;
      collect();
      heap.push(process.memoryUsage().heapUsed / 1e6);
      const { soundAndPicture, mediaAndMachine } = sink.apartMs();
      tell(
        `day ${Math.round(nowSamples / DAY_SAMPLES)} after ${((Date.now() - startedAt.getTime()) / 1_000).toFixed(0)} s: sound and picture ` +
          `${soundAndPicture.toFixed(1)} ms apart, media and machine ${mediaAndMachine.toFixed(1)} ms, heap ${heap.at(-1)!.toFixed(1)} MB`,
      );
    }
  }
  turns.interrupt();
  while (turns.busy) await letOthersRun();
  await playout.close();
  if (failure) throw failure;

  const { figures } = playout;
  const passedMs = samplesToMs(clock.nowSamples());
  const sound = figures.framesSent * SAMPLES_PER_FRAME + figures.skippedSamples;
  const pictures = figures.picturesSent * SAMPLES_PER_PICTURE + figures.skippedSamples;
  invariants.see('both clocks', Math.abs(samplesToMs(sound - pictures)));
  invariants.see('nothing lost', Math.abs(samplesToMs(sound - clock.askedSamples)));
  const skippedPictures = figures.skippedSamples / SAMPLES_PER_PICTURE;
  const { video, audio } = sink.missing;
  invariants.see('pictures whole', Math.abs(video - skippedPictures));
  invariants.see('sound whole', Math.abs(audio - 2 * skippedPictures));
  invariants.see('timestamps go up', 0);
  invariants.see('timestamps on grid', 0);
  invariants.see('queues empty', playout.upcoming.length + turns.waiting + voice.speaking + mouth.out);
  if (heap.length > 1) invariants.see('memory level', heap.at(-1)! - heap[0]!);
  const report: Report = {
    title: `Soak, ${days} virtual days`,
    command: `npm run soak -- ${process.argv.slice(2).join(' ')}`,
    seed,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1_000,
    ...(stop.aborted && { cutShort: 'stopped by hand' }),
    findings: invariants.all,
    figures: {
      'What was done': { 'virtual hours': passedMs / 3_600_000, ...done, ...sink.figures, holes: skippedSeen },
      'The playout': { ...figures, pasteMs: Math.round(figures.pasteMs), latestMs: Math.round(figures.latestMs) },
      'The machine': clock.figures,
      'At the end': {
        'sound sent and skipped, ms': samplesToMs(sound),
        'pictures sent and skipped, ms': samplesToMs(pictures),
        'time that passed, ms': passedMs,
      },
      Heap: { 'after each day, MB': heap.map((mb) => mb.toFixed(1)).join(', ') },
    },
    calms: [],
  };
  if (out) tell(writeReport(out, report, []));
  return { kept: invariants.broken.length === 0, report };
}

/** A collection on request, without a flag on the command line. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
