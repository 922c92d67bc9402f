/** A phoneme (IPA, as espeak-ng names it; empty for a pause) from `startMs` to the next one's start. */
export interface TimedPhoneme {
  startMs: number;
  ipa: string;
}

const PICTURE_MS = 40;
const STEP_MS = 5;
/** Lips anticipate: neighbouring sounds blend over about this long (Gaussian sigma). */
const BLEND_MS = 35;
/** p, b and m shut the lips for at least this long, however short the segment. */
const CLOSURE_MS = 60;
/** A shorter silence is the hold of the stop that follows it, for which the mouth has its shape already. */
const SHORTEST_PAUSE_MS = 80;

/** How far the jaw and lips are open for a sound, 0 (shut) to 1 (aa). Phonetics, not anyone's training labels: first match wins. */
const OPENING: [RegExp, number][] = [
  [/^[pbm]/, 0],
  [/^[fvʋ]/, 0.08],
  [/^(tʃ|dʒ|tɕ|ʈʂ|[ʃʒɕʂʐ])/, 0.2],
  [/^(ts|dz|[sz])/, 0.12],
  [/^[tdnlɾθðɫ]/, 0.2],
  [/^[kɡgŋxχhɣʔ]/, 0.3],
  [/^[ɹrɻ]/, 0.25],
  [/^[wɥy]/, 0.15],
  [/^[uʊ]/, 0.25],
  [/^[oɔ]/, 0.5],
  [/^[aɑæʌɒ]/, 1],
  [/^[ɐeɛ]/, 0.55],
  [/^[əɘɜɚɝɤ]/, 0.4],
  [/^[iɪᵻjɨ]/, 0.3],
];
const OTHER = 0.3;
const VOWELS = /^[aɑæʌɒɐeɛəɘɜɚɝɤiɪᵻɨyuʊoɔ]{2,}$/;

/** Without length, stress, tone, aspiration, syllabic marks (the combining line below too) and switches of language. */
const plain = (ipa: string): string => ipa.replace(/\(.*?\)|[ːˈˌ0-9'ʰˑ.~_]|\u0329/g, '');
export const isClosure = (ipa: string): boolean => /^[pbm]/.test(plain(ipa));

const openingOf = (sound: string): number =>
  sound === '' ? 0 : (OPENING.find(([pattern]) => pattern.test(sound))?.[1] ?? OTHER);

interface Segment {
  fromMs: number;
  toMs: number;
  sound: string;
}

/** Phonemes as they are seen: short silences joined to the stop after them, diphthongs taken apart. */
function segments(phonemes: TimedPhoneme[], durationMs: number): Segment[] {
  const all = phonemes
    .map(({ startMs, ipa }, i) => ({
      fromMs: startMs,
      toMs: phonemes[i + 1]?.startMs ?? durationMs,
      sound: plain(ipa),
    }))
    .filter(({ fromMs, toMs }) => toMs > fromMs);
  const held = all.map((segment, i) => {
    const next = all[i + 1];
    const isHold = segment.sound === '' && next && segment.toMs - segment.fromMs < SHORTEST_PAUSE_MS;
    return isHold ? { ...segment, sound: next.sound } : segment;
  });
  return held.flatMap((segment) => (VOWELS.test(segment.sound) ? glide(segment) : [segment]));
}

/** The vowels of a diphthong share its time; the most open one, its nucleus, takes twice as much as another. */
function glide({ fromMs, toMs, sound }: Segment): Segment[] {
  const vowels = [...sound];
  const nucleus = vowels.reduce((best, vowel, i) => (openingOf(vowel) > openingOf(vowels[best]!) ? i : best), 0);
  const shareMs = (toMs - fromMs) / (vowels.length + 1);
  let atMs = fromMs;
  return vowels.map((vowel, i) => {
    const startMs = atMs;
    atMs += i === nucleus ? 2 * shareMs : shareMs;
    return { fromMs: startMs, toMs: atMs, sound: vowel };
  });
}

/** The opening at the middle of each 40 ms picture (or `atMs` into it), from phoneme times. */
export function openingCurve(phonemes: TimedPhoneme[], durationMs: number, atMs = PICTURE_MS / 2): number[] {
  const raw = new Array<number>(Math.ceil(durationMs / STEP_MS)).fill(0);
  for (const { fromMs, toMs, sound } of segments(phonemes, durationMs)) {
    for (let i = Math.ceil(fromMs / STEP_MS); i * STEP_MS < toMs && i < raw.length; i++) raw[i] = openingOf(sound);
  }
  const reach = Math.ceil((3 * BLEND_MS) / STEP_MS);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * (((i - reach) * STEP_MS) / BLEND_MS) ** 2),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  const smooth = raw.map((_, i) => weights.reduce((sum, w, k) => sum + w * (raw[i + k - reach] ?? 0), 0) / total);
  for (const { fromMs, toMs } of closures(phonemes, durationMs)) {
    for (let i = Math.max(0, Math.floor(fromMs / STEP_MS)); i <= toMs / STEP_MS && i < smooth.length; i++)
      smooth[i] = 0;
  }
  return Array.from(
    { length: Math.floor(durationMs / PICTURE_MS) },
    (_, i) => smooth[Math.floor((i * PICTURE_MS + atMs) / STEP_MS)] ?? 0,
  );
}

export interface Span {
  fromMs: number;
  toMs: number;
}

/** When the lips must be shut. */
export function closures(phonemes: TimedPhoneme[], durationMs: number): Span[] {
  return phonemes.flatMap(({ startMs, ipa }, i) => {
    if (!isClosure(ipa)) return [];
    const endMs = phonemes[i + 1]?.startMs ?? durationMs;
    const middleMs = (startMs + endMs) / 2;
    const halfMs = Math.max(CLOSURE_MS, endMs - startMs) / 2;
    return [{ fromMs: middleMs - halfMs, toMs: middleMs + halfMs }];
  });
}

/** When nobody speaks, and the lips may be shut. */
export function pauses(phonemes: TimedPhoneme[], durationMs: number): Span[] {
  const silent = segments(phonemes, durationMs).filter(({ sound }) => sound === '');
  return [{ fromMs: 0, toMs: phonemes[0]?.startMs ?? durationMs }, ...silent];
}

/** Curves that belong together, one pair per performance. `b` shifted by the lag is compared to `a`: b[i + lag] to a[i]. */
export interface Pair {
  a: number[];
  b: number[];
}

/** Pearson's r over all pairs. */
export function correlation(pairs: Pair[], lag = 0): number {
  const points = pairs.flatMap(({ a, b }) =>
    a.flatMap((x, i) => (b[i + lag] === undefined ? [] : [[x, b[i + lag]!] as const])),
  );
  const mean = (k: 0 | 1) => points.reduce((sum, p) => sum + p[k], 0) / points.length;
  const [ma, mb] = [mean(0), mean(1)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [x, y] of points) {
    ab += (x - ma) * (y - mb);
    aa += (x - ma) ** 2;
    bb += (y - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb || 1);
}

/** The lag (in pictures, within +-3) at which curves agree best. Positive: `b` comes later than `a`. */
export function bestLag(pairs: Pair[]): { lag: number; r: number } {
  return [-3, -2, -1, 0, 1, 2, 3].map((lag) => ({ lag, r: correlation(pairs, lag) })).sort((x, y) => y.r - x.r)[0]!;
}

/** A mouth that only follows loudness: level of the 120 ms around each picture, linear or in dB above -60. */
export function loudnessCurve(samples: Float32Array, sampleRateHz: number, scale: 'linear' | 'dB'): number[] {
  const perPicture = (sampleRateHz * PICTURE_MS) / 1_000;
  return Array.from({ length: Math.floor(samples.length / perPicture) }, (_, i) => {
    const from = Math.max(0, Math.round((i - 1) * perPicture));
    const to = Math.min(samples.length, Math.round((i + 2) * perPicture));
    let sum = 0;
    for (let k = from; k < to; k++) sum += samples[k]! ** 2;
    const power = sum / Math.max(1, to - from);
    return scale === 'linear' ? Math.sqrt(power) : Math.max(0, 10 * Math.log10(power + 1e-9) + 60);
  });
}
