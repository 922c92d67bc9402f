import type { Viseme } from '../../../shared/viseme-protocol';
import type { VisemeModel } from './model';

/** A mouth whose strongest coefficient is below this is at rest. */
const AT_REST = 0.06;
/** Weights below this are noise of the network. */
const LEAST_WEIGHT = 0.03;
/**
 * What a unit of `sil` costs, in squared coefficients. In the middle of speech a weak mouth is a weak sound (`kk`, `RR`) rather than
 * a strong one beside silence; where silence explains it clearly better, silence it is.
 */
const SILENCE_COST = 0.002;
/** Enough for the third decimal. */
const STEPS = 150;

export type VisemeWeights = Partial<Record<Viseme, number>>;

/**
 * Mouth coefficients -> weights of visemes, by undoing what made the coefficients: models/recipe blends the targets of sounds in
 * shares that add up to one (Cohen and Massaro's dominance), with a mouth at rest where nothing pulls. So the weights are the shares,
 * none below zero, together one, whose blend comes nearest: least squares on the simplex, with `sil` as the target that is zero.
 */
export class VisemeMixer {
  private readonly names: Viseme[];
  private readonly targets: Float64Array[];
  /** Dot products of the targets with each other. */
  private readonly gram: Float64Array[];
  private readonly step: number;

  constructor({ coefficients, visemes }: Pick<VisemeModel, 'coefficients' | 'visemes'>) {
    const entries = Object.entries(visemes) as [Viseme, Record<string, number>][];
    this.names = entries.map(([name]) => name);
    this.targets = entries.map(([, target]) => Float64Array.from(coefficients, (name) => target[name] ?? 0));
    this.gram = this.targets.map((a) => Float64Array.from(this.targets, (b) => dot(a, b)));
    // The largest row sum bounds the largest eigenvalue, so this step never overshoots.
    this.step = 1 / Math.max(...this.gram.map((row) => row.reduce((sum, x) => sum + Math.abs(x), 0)));
  }

  /** @param values one per coefficient, 0..1 @returns weights from 0.03 up; together 1 */
  mix(values: ArrayLike<number>): VisemeWeights {
    if (!(Math.max(...Array.from(values)) >= AT_REST)) return { sil: 1 };
    return this.rounded(this.solve(this.targets.map((target) => dot(target, values))));
  }

  /** Projected gradient with momentum (FISTA) over the shares of all visemes but `sil`, which takes what is left. */
  private solve(pull: readonly number[]): Float64Array {
    const count = this.names.length;
    let shares = new Float64Array(count);
    let ahead = shares;
    let momentum = 1;
    for (let n = 0; n < STEPS; n++) {
      const next = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        next[i] = ahead[i]! - this.step * (dot(this.gram[i]!, ahead) - pull[i]! - SILENCE_COST);
      }
      toShares(next);
      const grown = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
      const carry = (momentum - 1) / grown;
      const before = shares;
      ahead = next.map((x, i) => x + carry * (x - before[i]!));
      shares = next;
      momentum = grown;
    }
    return shares;
  }

  private rounded(shares: Float64Array): VisemeWeights {
    const out: VisemeWeights = {};
    let percentLeft = 100;
    for (const [i, share] of shares.entries()) {
      if (share < LEAST_WEIGHT) continue;
      const percent = Math.min(percentLeft, Math.round(share * 100));
      percentLeft -= percent;
      out[this.names[i]!] = percent / 100;
    }
    if (percentLeft > 0) out.sil = percentLeft / 100;
    return out;
  }
}

/** The nearest point with no share below zero and no more than one in all (Duchi et al. 2008, algorithm of figure 1). */
function toShares(x: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    x[i] = Math.max(0, x[i]!);
    sum += x[i]!;
  }
  if (sum <= 1) return;
  const sorted = Float64Array.from(x).sort().reverse();
  let running = 0;
  let threshold = 0;
  for (const [i, value] of sorted.entries()) {
    running += value;
    const candidate = (running - 1) / (i + 1);
    if (value <= candidate) break;
    threshold = candidate;
  }
  for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i]! - threshold);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
