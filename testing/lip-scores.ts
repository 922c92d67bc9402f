import { bestLag, closures, correlation, loudnessCurve, openingCurve, type Pair, pauses, type Span } from './opening';
import type { Speech } from './speech';
import type { Performance } from './stage';

/** Speech and what the presenter made of it. */
export interface Take {
  speech: Speech;
  performance: Performance;
}

export interface LipScores {
  seconds: number;
  /** Opening in the pictures against the opening of the sounds, at the lag (in pictures; positive: lips late) where it is best. */
  r: number;
  lag: number;
  /** The same to 5 ms, at lag 0 of the pictures: when within its 40 ms a picture fits best, relative to their middle. */
  lagMs: number;
  /** What a mouth would reach that only follows loudness, at its own best lag: the better of a linear and a dB one. */
  loudnessR: number;
  closureCount: number;
  /** Share of p, b, m during which, or within one picture of which, the lips touch. */
  closedShare: number;
  /** Lips that touch while no p, b, m and no pause is within one picture. */
  falseClosuresPerMinute: number;
  /** Which sounds were not closed, and during which sounds lips touched that should not. */
  missed: Record<string, number>;
  falselyClosed: Record<string, number>;
}

const PICTURE_MS = 40;
const REACH_MS = 120;

export function lipScores(takes: Take[]): LipScores {
  const measured = takes.map(readings);
  const pairsAt = (atMs: number): Pair[] =>
    takes.map(({ speech }, i) => ({
      a: openingCurve(speech.phonemes, durationMs(speech), atMs),
      b: measured[i]!.map(({ openingPx }) => openingPx),
    }));
  const middle = PICTURE_MS / 2;
  const { r, lag } = bestLag(pairsAt(middle));
  let fine = { atMs: 0, r: -1 };
  for (let atMs = middle - REACH_MS; atMs <= middle + REACH_MS; atMs += 5) {
    const candidate = { atMs, r: correlation(pairsAt(atMs)) };
    if (candidate.r > fine.r) fine = candidate;
  }
  const loudness = (['linear', 'dB'] as const).map((scale) => {
    const pairs = takes.map(({ speech }, i) => ({
      a: pairsAt(middle)[i]!.a,
      b: loudnessCurve(speech.samples, speech.sampleRateHz, scale),
    }));
    return bestLag(pairs).r;
  });
  const seconds = takes.reduce((sum, { speech }) => sum + durationMs(speech) / 1_000, 0);
  const closed = takes.map((take, i) =>
    closureScores(
      take.speech,
      measured[i]!.map((lips) => lips.closed),
    ),
  );
  const sum = (key: 'count' | 'hit' | 'false') => closed.reduce((total, score) => total + score[key], 0);
  return {
    seconds,
    r,
    lag,
    lagMs: middle - fine.atMs,
    loudnessR: Math.max(...loudness),
    closureCount: sum('count'),
    closedShare: sum('hit') / sum('count'),
    falseClosuresPerMinute: (sum('false') * 60) / seconds,
    missed: tally(closed.flatMap((score) => score.missed)),
    falselyClosed: tally(closed.flatMap((score) => score.falselyClosed)),
  };
}

const durationMs = ({ samples, sampleRateHz }: Speech): number => (samples.length * 1_000) / sampleRateHz;

/** The lips in every picture of the speech. */
function readings({ speech, performance }: Take) {
  const count = Math.floor(durationMs(speech) / PICTURE_MS);
  return performance.pictures.slice(performance.speechFrom, performance.speechFrom + count).map(({ lips }) => lips);
}

function closureScores(speech: Speech, closed: boolean[]) {
  const { phonemes } = speech;
  const lengthMs = durationMs(speech);
  const picturesOf = ({ fromMs, toMs }: Span): [number, number] => [
    Math.floor(fromMs / PICTURE_MS) - 1,
    Math.ceil(toMs / PICTURE_MS), // the picture after the one that the span ends in
  ];
  const soundAt = (ms: number) => phonemes.findLast(({ startMs }) => startMs <= ms)?.ipa ?? '';
  const spans = closures(phonemes, lengthMs).filter(({ fromMs }) => fromMs < lengthMs);
  const missed: string[] = [];
  for (const span of spans) {
    const [from, to] = picturesOf(span);
    if (!closed.slice(Math.max(0, from), to + 1).includes(true)) missed.push(soundAt((span.fromMs + span.toMs) / 2));
  }
  const mayClose = new Array<boolean>(closed.length).fill(false);
  for (const span of [...spans, ...pauses(phonemes, lengthMs)]) {
    const [from, to] = picturesOf(span);
    mayClose.fill(true, Math.max(0, from), to + 1);
  }
  const falselyClosed: string[] = [];
  for (let i = 0; i < closed.length; i++) {
    if (!closed[i]) continue;
    const from = i;
    while (closed[i + 1]) i++;
    if (!mayClose.slice(from, i + 1).includes(true)) falselyClosed.push(soundAt(((from + i + 1) / 2) * PICTURE_MS));
  }
  return { count: spans.length, hit: spans.length - missed.length, false: falselyClosed.length, missed, falselyClosed };
}

function tally(sounds: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const sound of sounds) counts[sound] = (counts[sound] ?? 0) + 1;
  return counts;
}
