import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fuzzRuns } from '../../../../../testing/fuzz';
import { pickleCoords, pickleOfSystemCall } from '../../../../../testing/pickle-coords';
import { PickleError, readPickle } from './pickle';
import { NUMPY_SCALARS } from './pickle-globals';

const limits = { maxBytes: 1 << 16, maxMemoryBytes: 1 << 20, maxStack: 4_096 };

/** A value, or a PickleError: anything else that comes out is a hole. */
function outcome(bytes: Uint8Array): 'read' | 'refused' {
  try {
    readPickle(bytes, { globals: NUMPY_SCALARS, limits });
    return 'read';
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    return 'refused';
  }
}

it('bytes of any kind are read as data or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void outcome(bytes)),
    fuzzRuns(2_000),
  );
});

it('pickles with bytes changed, lost or repeated are read as data or refused', () => {
  const boxes = Array.from({ length: 12 }, (_, i) => [137 + i, 295, 264, 384] as const);
  const whole = [pickleCoords(boxes as never), pickleCoords(boxes as never, 'numpy')];
  const change = fc.record({ at: fc.nat(1_000), value: fc.nat(255), kind: fc.constantFrom('set', 'lose', 'repeat') });
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(fc.constantFrom(...whole), fc.array(change, { maxLength: 5 }), (pickle, changes) => {
      const bytes = [...pickle];
      for (const { at, value, kind } of changes) {
        const index = at % Math.max(1, bytes.length);
        if (kind === 'set') bytes[index] = value;
        else if (kind === 'lose') bytes.splice(index, 1);
        else bytes.splice(index, 0, ...bytes.slice(index, index + value));
      }
      seen[outcome(Uint8Array.from(bytes))]++;
    }),
    fuzzRuns(1_000),
  );
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(0);
});

it('opcodes in any order are read as data or refused', () => {
  // What builds, calls and remembers: the part of the language that gadgets are made of.
  const opcode = fc.constantFrom(...Buffer.from('(.]})lte0125aRbcioN\x81\x85\x86\x87\x88\x93\x94\x8fh', 'latin1'));
  const program = fc.array(fc.oneof(opcode, fc.nat(255)), { maxLength: 120 });
  fc.assert(
    fc.property(program, (ops) => void outcome(Uint8Array.from([0x80, 4, ...ops, 0x2e]))),
    fuzzRuns(2_000),
  );
});

it('pickle gadget: no module of Python can be called, wherever the call stands', () => {
  const gadget = pickleOfSystemCall('touch /tmp/herald-was-here').subarray(2, -1);
  const filler = fc.array(fc.constantFrom('N', 'K\x01', ']', '}', ')'), { maxLength: 20 });
  fc.assert(
    fc.property(filler, (parts) => {
      const before = Buffer.from(parts.join(''), 'latin1');
      const bytes = Buffer.concat([Buffer.from([0x80, 4]), before, gadget, Buffer.from('.')]);
      expect(outcome(bytes)).toBe('refused');
    }),
    fuzzRuns(200),
  );
});
