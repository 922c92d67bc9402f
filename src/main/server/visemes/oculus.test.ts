import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visemeModel } from './model';
import { VisemeMixer } from './oculus';

const { coefficients, visemes } = visemeModel();
const mixer = new VisemeMixer(visemeModel());
const vector = (target: Record<string, number>, scale = 1) => coefficients.map((name) => scale * (target[name] ?? 0));

describe('mouth coefficients as visemes', () => {
  it.each(Object.entries(visemes))("the recipe's target of %s is that viseme and nothing else", (name, target) => {
    const weights = mixer.mix(vector(target));
    expect(weights[name as keyof typeof weights]).toBeGreaterThanOrEqual(0.97);
  });

  it('a mouth at rest is silence', () => {
    expect(mixer.mix(vector({}))).toEqual({ sil: 1 });
    expect(mixer.mix(vector({ AA: 0.05, TD: 0.05 }))).toEqual({ sil: 1 });
  });

  it('a blend of two sounds is both of them, in the shares of the blend', () => {
    const blend = vector(visemes.PP!, 0.7).map((x, i) => x + vector(visemes.aa!, 0.3)[i]!);
    const { PP, aa, ...others } = mixer.mix(blend);
    expect(PP).toBeCloseTo(0.7, 1);
    expect(aa).toBeCloseTo(0.3, 1);
    expect(Object.values(others).reduce((sum, x) => sum + x, 0)).toBeLessThanOrEqual(0.06);
  });

  it('half an opening is half silence, and a weak spread mouth is a weak sound', () => {
    const half = mixer.mix(vector({ AA: 0.5 }));
    expect(half.aa).toBeCloseTo(0.5, 1);
    expect(half.sil).toBeGreaterThan(0.45);
    expect(mixer.mix(vector({ E: 0.25, AA: 0.12 })).kk).toBeGreaterThan(0.9);
  });

  it('any mouth has shares between 0 and 1 that add up to 1, and what comes back is near what went in', () => {
    const mouths = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(mouths, (values) => {
        const weights = mixer.mix(values);
        const all = Object.values(weights);
        expect(all.every((x) => x > 0 && x <= 1)).toBe(true);
        expect(all.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 9);
        // No single viseme, at any strength, explains it better.
        const error = (mix: Partial<Record<string, number>>) =>
          values.reduce((sum, value, i) => {
            const made = Object.entries(mix).reduce(
              (total, [name, share]) => total + share! * (visemes[name as 'aa']?.[coefficients[i]!] ?? 0),
              0,
            );
            return sum + (value - made) ** 2;
          }, 0);
        for (const name of Object.keys(visemes)) {
          for (const share of [0.25, 0.5, 0.75, 1])
            expect(error(weights)).toBeLessThan(error({ [name]: share }) + 0.03);
        }
      }),
      { numRuns: 150 },
    );
  });
});
