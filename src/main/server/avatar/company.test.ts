import { describe, expect, it } from 'vitest';
import { Company, type Walker } from './company';

const PERIOD_PICTURES = 898;

/** Steps each walker on in silence, as a session's playout does. */
function walk(walkers: { walker: Walker; at: number }[], pictures: number): number {
  let stood = 0;
  for (let i = 0; i < pictures; i++) {
    for (const one of walkers) {
      one.walker.show(one.at);
      if (one.walker.shouldStand()) stood++;
      else one.at++;
    }
  }
  return stood;
}

describe('Company', () => {
  it('begins at the beginning, and then where the latest of those who walk is', () => {
    const company = new Company(PERIOD_PICTURES);
    const first = company.join();
    expect(company.start).toBe(0);
    first.show(120);
    company.join(); // shows nothing yet
    expect(company.start).toBe(120);
    first.leave();
    expect(company.start).toBe(0);
  });

  it('brings those who are a little apart together, one picture a second', () => {
    const company = new Company(PERIOD_PICTURES);
    const a = { walker: company.join(), at: 7 };
    const b = { walker: company.join(), at: 0 };
    const c = { walker: company.join(), at: PERIOD_PICTURES - 3 }; // the same as 3 before the beginning
    expect(walk([a, b, c], 100)).toBeLessThanOrEqual(2 * 4);
    walk([a, b, c], 400);
    const places = [a, b, c].map(({ at }) => (at + 100) % PERIOD_PICTURES);
    expect(Math.max(...places) - Math.min(...places)).toBeLessThanOrEqual(2);
    expect(walk([a, b, c], 200)).toBe(0);
  });

  it('leaves those alone who are far apart, and whoever walks by himself', () => {
    const company = new Company(PERIOD_PICTURES);
    const a = { walker: company.join(), at: 0 };
    expect(walk([a], 1_000)).toBe(0);
    const b = { walker: company.join(), at: a.at + 300 };
    expect(walk([a, b], 1_000)).toBe(0);
  });
});
