import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Framer } from './framer';

it('cuts any chunking into exact blocks and pads the last with silence', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 20 }),
      fc.constantFrom(960, 1_920),
      (sizes, size) => {
        const framer = new Framer(size);
        const blocks: Float32Array[] = [];
        let n = 0;
        for (const count of sizes) {
          const samples = Float32Array.from({ length: count }, () => ++n);
          blocks.push(...framer.push(samples));
        }
        const last = framer.flush();
        if (last) blocks.push(last);
        expect(blocks.length).toBe(Math.ceil(n / size));
        for (const [b, block] of blocks.entries()) {
          expect(block.length).toBe(size);
          for (const [i, x] of block.entries()) {
            const k = b * size + i + 1;
            if (x !== (k <= n ? k : 0)) expect.fail(`block ${b}, sample ${i}: ${x}`);
          }
        }
        expect(framer.flush()).toBeUndefined();
      },
    ),
    { numRuns: 50 },
  );
});

it('gives blocks that stay as they are', () => {
  const framer = new Framer(2);
  const [first] = framer.push(Float32Array.of(1, 2));
  [...framer.push(Float32Array.of(3, 4))];
  expect([...first!]).toEqual([1, 2]);
});

it('forgets on clear', () => {
  const framer = new Framer(4);
  [...framer.push(Float32Array.of(1, 2))];
  framer.clear();
  expect(framer.flush()).toBeUndefined();
});
