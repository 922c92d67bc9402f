import { describe, expect, it } from 'vitest';
import { MOUTH_SHAPES } from '../../../shared/viseme-protocol';
import { ShapeMixer } from './arkit';
import { visemeModel } from './model';

const { coefficients } = visemeModel();
const mixer = new ShapeMixer(coefficients);
const shapes = (target: Record<string, number>) => mixer.mix(coefficients.map((name) => target[name] ?? 0));

describe('mouth coefficients as blend shapes', () => {
  it('every coefficient shows, in shapes that are on the list', () => {
    for (const name of coefficients) {
      const made = shapes({ [name]: 1 });
      expect(Object.keys(made).length).toBeGreaterThan(0);
      expect(Object.keys(made).filter((shape) => !MOUTH_SHAPES.includes(shape as 'jawOpen'))).toEqual([]);
      expect(Object.values(made).every((x) => x > 0 && x <= 1)).toBe(true);
    }
  });

  it('a mouth at rest is the face as it is', () => expect(shapes({})).toEqual({}));

  it('the jaw opens with the vowel', () => {
    expect(shapes({ AA: 0.4 }).jawOpen).toBeCloseTo(0.24, 2);
    expect(shapes({ AA: 1 }).jawOpen).toBeGreaterThan(shapes({ UW: 1 }).jawOpen!);
  });

  it('lips that are shut stay shut over an open jaw, and do not fold without one', () => {
    const shut = shapes({ MPB: 1, AA: 0.5 });
    expect(shut.mouthClose).toBe(shut.jawOpen);
    expect(shapes({ MPB: 1 }).mouthClose).toBeUndefined();
    expect(shapes({ AA: 1 }).mouthClose).toBeUndefined();
  });

  it('the face stays symmetric, and nothing exceeds 1', () => {
    const all = shapes(Object.fromEntries(coefficients.map((name) => [name, 1])));
    for (const [shape, weight] of Object.entries(all)) {
      expect(weight).toBeLessThanOrEqual(1);
      if (shape.endsWith('Left')) expect(all[shape.replace('Left', 'Right') as 'jawOpen']).toBe(weight);
    }
  });
});
