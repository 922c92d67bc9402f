import type { MouthShape } from '../../../shared/viseme-protocol';

export type MouthShapes = Partial<Record<MouthShape, number>>;

/** Weights below this are not seen. */
const LEAST_WEIGHT = 0.02;

/** Names without a side stand for both. */
type Side = MouthShape extends infer Name ? (Name extends `${infer Both}Left` ? Both : never) : never;
type Recipe = Partial<Record<MouthShape | Side, number>>;

/**
 * What each coefficient, at its strongest natural shape, is in ARKit's terms. The rules are ours, as those of the coefficients are
 * (tools/presenter/mouth-shapes.mjs says what shape each of them is): S and TD keep the teeth together and in sight, FV tucks the lower
 * lip under them, SH and UW push the lips forward.
 */
const RECIPES: Record<string, Recipe> = {
  AA: { jawOpen: 0.6, mouthLowerDown: 0.25, mouthUpperUp: 0.1 },
  AO: { jawOpen: 0.42, mouthFunnel: 0.45 },
  E: { jawOpen: 0.22, mouthStretch: 0.3, mouthSmile: 0.15, mouthLowerDown: 0.35, mouthUpperUp: 0.15 },
  OO: { jawOpen: 0.22, mouthFunnel: 0.5, mouthPucker: 0.25 },
  UW: { jawOpen: 0.1, mouthFunnel: 0.25, mouthPucker: 0.85 },
  MPB: { mouthPress: 0.4, mouthRollLower: 0.25, mouthRollUpper: 0.2 },
  FV: { jawOpen: 0.04, mouthRollLower: 0.6, mouthUpperUp: 0.3 },
  S: { jawOpen: 0.03, mouthStretch: 0.35, mouthSmile: 0.1, mouthLowerDown: 0.35, mouthUpperUp: 0.15 },
  SH: { jawOpen: 0.08, mouthFunnel: 0.7, mouthPucker: 0.2, mouthUpperUp: 0.1 },
  TD: { jawOpen: 0.12, mouthSmile: 0.2, mouthStretch: 0.15, mouthLowerDown: 0.25, mouthUpperUp: 0.1 },
};
const CLOSURE = 'MPB';

/** Mouth coefficients -> blend shapes of ARKit. */
export class ShapeMixer {
  private readonly rows: { index: number; name: MouthShape; weight: number }[];
  private readonly closureIndex: number;

  /** @param coefficients names, in the order of the values */
  constructor(coefficients: readonly string[]) {
    this.rows = coefficients.flatMap((coefficient, index) =>
      Object.entries(RECIPES[coefficient] ?? {}).flatMap(([name, weight]) =>
        namesOf(name).map((one) => ({ index, name: one, weight })),
      ),
    );
    this.closureIndex = coefficients.indexOf(CLOSURE);
  }

  /** @param values one per coefficient, 0..1 @returns weights from 0.02 to 1 */
  mix(values: ArrayLike<number>): MouthShapes {
    const sums: MouthShapes = {};
    for (const { index, name, weight } of this.rows) sums[name] = (sums[name] ?? 0) + weight * values[index]!;
    // ARKit's mouthClose brings the lips together over a jaw that is open; without one it would push them into each other.
    sums.mouthClose = (sums.jawOpen ?? 0) * (values[this.closureIndex] ?? 0);
    const out: MouthShapes = {};
    for (const [name, sum] of Object.entries(sums) as [MouthShape, number][]) {
      const weight = Math.round(100 * Math.min(1, sum)) / 100;
      if (weight >= LEAST_WEIGHT) out[name] = weight;
    }
    return out;
  }
}

const SIDED = new Set(['mouthSmile', 'mouthStretch', 'mouthPress', 'mouthLowerDown', 'mouthUpperUp']);
const namesOf = (name: string) => (SIDED.has(name) ? [`${name}Left`, `${name}Right`] : [name]) as MouthShape[];
