import { describe, expect, it } from 'vitest';
import { indexAt } from './idle';

const walk = (count: number, playback: 'cycle' | 'pingpong', steps: number) =>
  Array.from({ length: steps }, (_, position) => indexAt(position, count, playback));

describe('indexAt', () => {
  it('cycles', () => expect(walk(3, 'cycle', 7)).toEqual([0, 1, 2, 0, 1, 2, 0]));
  it('turns round without repeating the ends', () =>
    expect(walk(4, 'pingpong', 9)).toEqual([0, 1, 2, 3, 2, 1, 0, 1, 2]));
  it('stays on the only picture there is', () => expect(walk(1, 'pingpong', 3)).toEqual([0, 0, 0]));
  it('never steps by more than one in ping-pong, also after days', () => {
    const start = 25 * 86_400 * 30;
    for (let position = start; position < start + 100; position++) {
      const step = indexAt(position + 1, 17, 'pingpong') - indexAt(position, 17, 'pingpong');
      expect(Math.abs(step)).toBe(1);
    }
  });
});
