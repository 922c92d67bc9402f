import { bestLag, closures, correlation, type Pair, pauses, type Span, type TimedPhoneme } from '../testing/opening';

/** The arithmetic of `npm run eval:lips`, apart from any network, so that known signals can test it. */
export const PICTURE_MS = 40;
/** Opening curves may be this far from their labels before "late" stops being a word for it. */
const REACH_MS = 200;
const LAG_STEP_MS = 5;
/** Too few pictures have no lag worth a name. */
const SHORTEST_FOR_LAG = 20;

/** What a mouth did: one entry a picture of 40 ms. */
export interface Mouth {
  /** How far the lips were open, in any unit. */
  opening: number[];
  /** Whether they touched. */
  shut: boolean[];
}

/** What it should have done. */
export interface Labels {
  durationMs: number;
  phonemes: TimedPhoneme[];
  /** 0 (shut) to about 1, `openingHz` values a second. */
  opening: number[];
  openingHz: number;
  /** Stretches in which somebody speaks; r and lag look at nothing else. */
  utterances: Span[];
}

export interface Take {
  labels: Labels;
  mouth: Mouth;
}

export interface Scores {
  minutes: number;
  /** Pearson's r of opening against the labels at the middle of each picture, over all utterances. */
  r: number;
  /** Median over the utterances of when a picture fits best, relative to the middle of the time that it is seen; positive: late. */
  lagMs: number;
  closureCount: number;
  /** Share of p, b and m during which, or within one picture of which, the lips touch. */
  recall: number;
  /** The same without the picture before and the picture after. */
  strictRecall: number;
  /** Of the times the lips shut outside pauses, the share that no p, b or m within one picture accounts for. */
  falseShare: number;
  falsePerMinute: number;
}

export function scoresOf(takes: readonly Take[]): Scores {
  const parts = takes.flatMap(utterancesOf);
  const lags = parts
    .filter(({ to, from }) => to - from >= SHORTEST_FOR_LAG)
    .map(bestShiftMs)
    .filter((lag) => lag !== undefined);
  const closed = takes.map(closureScores);
  const sum = (key: keyof (typeof closed)[number]) => closed.reduce((total, each) => total + each[key], 0);
  const minutes = takes.reduce((total, { labels }) => total + labels.durationMs, 0) / 60_000;
  return {
    minutes,
    r: correlation(parts.map((part) => pairAt(part, PICTURE_MS / 2))),
    lagMs: median(lags),
    closureCount: sum('count'),
    recall: sum('hit') / sum('count'),
    strictRecall: sum('strictHit') / sum('count'),
    falseShare: sum('falseRuns') / Math.max(1, sum('falseRuns') + sum('trueRuns')),
    falsePerMinute: sum('falseRuns') / minutes,
  };
}

/** One utterance: the pictures [from, to) that lie in it as a whole. */
interface Part extends Take {
  from: number;
  to: number;
}

function utterancesOf(take: Take): Part[] {
  const { labels, mouth } = take;
  return labels.utterances.map(({ fromMs, toMs }) => ({
    ...take,
    from: Math.max(0, Math.ceil(fromMs / PICTURE_MS)),
    to: Math.min(mouth.opening.length, Math.floor(toMs / PICTURE_MS)),
  }));
}

/** @param atMs into each picture */
function pairAt({ labels, mouth, from, to }: Part, atMs: number): Pair {
  const a: number[] = [];
  for (let i = from; i < to; i++) a.push(openingAt(labels, i * PICTURE_MS + atMs));
  return { a, b: mouth.opening.slice(from, to) };
}

/** Between two labels the opening is on the line from one to the other; outside there is silence. */
export function openingAt({ opening, openingHz }: Labels, ms: number): number {
  const at = (ms / 1_000) * openingHz;
  const low = Math.floor(at);
  const [before, after] = [opening[low] ?? 0, opening[low + 1] ?? 0];
  return before + (at - low) * (after - before);
}

function bestShiftMs(part: Part): number | undefined {
  let best = { lagMs: 0, r: 0 };
  for (let lagMs = -REACH_MS; lagMs <= REACH_MS; lagMs += LAG_STEP_MS) {
    const r = correlation([pairAt(part, PICTURE_MS / 2 - lagMs)]);
    if (r > best.r) best = { lagMs, r };
  }
  return best.r > 0 ? best.lagMs : undefined;
}

/** Pictures that a span touches. */
const picturesOf = ({ fromMs, toMs }: Span): [number, number] => [
  Math.floor(fromMs / PICTURE_MS),
  Math.ceil(toMs / PICTURE_MS) - 1,
];

function closureScores({ labels, mouth }: Take) {
  const { shut } = mouth;
  const spans = closures(labels.phonemes, labels.durationMs).filter(({ fromMs }) => fromMs < labels.durationMs);
  const anyShut = (from: number, to: number) => shut.slice(Math.max(0, from), to + 1).includes(true);
  const belongs = new Array<boolean>(shut.length).fill(false);
  const idle = new Array<boolean>(shut.length).fill(false);
  let hit = 0;
  let strictHit = 0;
  for (const span of spans) {
    const [from, to] = picturesOf(span);
    if (anyShut(from - 1, to + 1)) hit++;
    if (anyShut(from, to)) strictHit++;
    belongs.fill(true, Math.max(0, from - 1), to + 2);
  }
  for (const pause of pauses(labels.phonemes, labels.durationMs)) {
    const [from, to] = picturesOf(pause);
    idle.fill(true, Math.max(0, from - 1), to + 2);
  }
  let trueRuns = 0;
  let falseRuns = 0;
  for (let i = 0; i < shut.length; i++) {
    if (!shut[i]) continue;
    const from = i;
    while (shut[i + 1]) i++;
    if (belongs.slice(from, i + 1).includes(true)) trueRuns++;
    else if (!idle.slice(from, i + 1).includes(true)) falseRuns++;
  }
  return { count: spans.length, hit, strictHit, trueRuns, falseRuns };
}

/**
 * A mouth that only knows how loud it is, at its best: the level of the 120 ms around each picture, on the scale and at the
 * lag that serve it best, shut in its quietest pictures, as many of them as the labels have shut.
 */
export function loudnessMouth(labels: Labels, levels: readonly number[][]): Mouth {
  const count = Math.min(...levels.map((level) => level.length));
  const wanted = Array.from({ length: count }, (_, i) => openingAt(labels, (i + 0.5) * PICTURE_MS));
  const ranked = levels
    .map((b) => ({ b: b.slice(0, count), ...bestLag([{ a: wanted, b: b.slice(0, count) }]) }))
    .sort((x, y) => y.r - x.r);
  const { b, lag } = ranked[0]!;
  const shifted = Array.from({ length: count }, (_, i) => b[Math.min(count - 1, Math.max(0, i + lag))]!);
  // Takes are judged together, whatever scale served each.
  const mean = shifted.reduce((sum, value) => sum + value, 0) / count;
  const spread = Math.sqrt(shifted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) || 1;
  const opening = shifted.map((value) => (value - mean) / spread);
  const shouldBeShut = [...closures(labels.phonemes, labels.durationMs), ...pauses(labels.phonemes, labels.durationMs)];
  const inside = new Set(
    shouldBeShut.flatMap((span) => {
      const [from, to] = picturesOf(span);
      return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
    }),
  );
  const threshold = [...opening].sort((x, y) => x - y)[Math.min(count - 1, inside.size)] ?? 0;
  return { opening, shut: opening.map((value) => value < threshold) };
}

export function median(values: number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** dB, of values in [0, 1]. */
export function psnr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return -10 * Math.log10(sum / a.length + 1e-12);
}
