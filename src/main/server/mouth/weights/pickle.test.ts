import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appRoot } from '../../entries';
import { PickleError, type PickleOptions, readPickle } from './pickle';
import { NUMPY_SCALARS } from './pickle-globals';

const fromPython = (base64: string, options: PickleOptions = { globals: NUMPY_SCALARS }) =>
  readPickle(Buffer.from(base64, 'base64'), options).value;

/** Opcodes by their letters; numbers are bytes. */
function pickle(...parts: (string | number | Uint8Array)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part as string))));
}

function refusal(bytes: Uint8Array, options: PickleOptions = { globals: NUMPY_SCALARS }): string {
  try {
    readPickle(bytes, options);
  } catch (error) {
    expect(error).toBeInstanceOf(PickleError);
    return (error as Error).message;
  }
  throw new Error('it was read');
}

// Made by Python 3.11 and numpy 2.4: pickle.dumps(value, protocol).
const SCALARS = {
  2: 'gAJdcQAoToiJSwBL/00AAU3//0oAAAEASv////9KAAAAgIoFAAAAgACKBgAAAAAAAYoGAAAAAAD/igcAAAAAAAAgigkAAAAAAAAAAECKCQAAAAAAAAAAwEc/4AAAAAAAAEf+N+Q8iAB1nFgAAAAAcQFYEQAAAGjDqcOpIOS9oOWlvSDwn5iAcQJjX2NvZGVjcwplbmNvZGUKcQNYAwAAAADDv3EEWAYAAABsYXRpbjFxBYZxBlJxB2Uu',
  4: 'gASVhQAAAAAAAABdlChOiIlLAEv/TQABTf//SgAAAQBK/////0oAAACAigUAAACAAIoGAAAAAAABigYAAAAAAP+KBwAAAAAAACCKCQAAAAAAAAAAQIoJAAAAAAAAAADARz/gAAAAAAAAR/435DyIAHWcjACUjBFow6nDqSDkvaDlpb0g8J+YgJRDAgD/lGUu',
  5: 'gAWVhQAAAAAAAABdlChOiIlLAEv/TQABTf//SgAAAQBK/////0oAAACAigUAAACAAIoGAAAAAAABigYAAAAAAP+KBwAAAAAAACCKCQAAAAAAAAAAQIoJAAAAAAAAAADARz/gAAAAAAAAR/435DyIAHWcjACUjBFow6nDqSDkvaDlpb0g8J+YgJRDAgD/lGUu',
};
const NESTED = {
  2: 'gAJdcQAoSwFLAihLA0sESwVLBnRxAYdxAl1xAyhLAV1xBChLAl1xBWVlfXEGWAEAAABhcQd9cQhYAQAAAGJxCUsBhXEKc3NlLg==',
  4: 'gASVNgAAAAAAAABdlChLAUsCKEsDSwRLBUsGdJSHlF2UKEsBXZQoSwJdlGVlfZSMAWGUfZSMAWKUSwGFlHNzZS4=',
  5: 'gAWVNgAAAAAAAABdlChLAUsCKEsDSwRLBUsGdJSHlF2UKEsBXZQoSwJdlGVlfZSMAWGUfZSMAWKUSwGFlHNzZS4=',
};
const NUMPY = {
  2: 'gAJdcQAoY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKc2NhbGFyCnEBY251bXB5CmR0eXBlCnECWAIAAABpNHEDiYiHcQRScQUoSwNYAQAAADxxBk5OTkr/////Sv////9LAHRxB2JjX2NvZGVjcwplbmNvZGUKcQhYCAAAAMO5w7/Dv8O/cQlYBgAAAGxhdGluMXEKhnELUnEMhnENUnEOaAFoAlgCAAAAaThxD4mIh3EQUnERKEsDaAZOTk5K/////0r/////SwB0cRJiaAhYCAAAAAAAAAAAAQAAcRNoCoZxFFJxFYZxFlJxF2gBaAJYAgAAAHUxcRiJiIdxGVJxGihLA1gBAAAAfHEbTk5OSv////9K/////0sAdHEcYmgIWAIAAADDiHEdaAqGcR5ScR+GcSBScSFoAWgCWAIAAABmNHEiiYiHcSNScSQoSwNoBk5OTkr/////Sv////9LAHRxJWJoCFgEAAAAAAAAP3EmaAqGcSdScSiGcSlScSpoAWgCWAIAAABmOHEriYiHcSxScS0oSwNoBk5OTkr/////Sv////9LAHRxLmJoCFgJAAAAAAAAAAAAw7Q/cS9oCoZxMFJxMYZxMlJxM2gBaAJYAgAAAGIxcTSJiIdxNVJxNihLA2gbTk5OSv////9K/////0sAdHE3YmgIWAEAAAABcThoCoZxOVJxOoZxO1JxPGgBaAVoCFgEAAAABQAAAHE9aAqGcT5ScT+GcUBScUFlLg==',
  4: 'gASVcgEAAAAAAABdlCiMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAZzY2FsYXKUk5SMBW51bXB5lIwFZHR5cGWUk5SMAmk0lImIh5RSlChLA4wBPJROTk5K/////0r/////SwB0lGJDBPn///+UhpRSlGgDaAaMAmk4lImIh5RSlChLA2gKTk5OSv////9K/////0sAdJRiQwgAAAAAAAEAAJSGlFKUaANoBowCdTGUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LAHSUYkMByJSGlFKUaANoBowCZjSUiYiHlFKUKEsDaApOTk5K/////0r/////SwB0lGJDBAAAAD+UhpRSlGgDaAaMAmY4lImIh5RSlChLA2gKTk5OSv////9K/////0sAdJRiQwgAAAAAAAD0P5SGlFKUaANoBowCYjGUiYiHlFKUKEsDaBlOTk5K/////0r/////SwB0lGJDAQGUhpRSlGgDaAlDBAUAAACUhpRSlGUu',
  5: 'gAWVcgEAAAAAAABdlCiMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAZzY2FsYXKUk5SMBW51bXB5lIwFZHR5cGWUk5SMAmk0lImIh5RSlChLA4wBPJROTk5K/////0r/////SwB0lGJDBPn///+UhpRSlGgDaAaMAmk4lImIh5RSlChLA2gKTk5OSv////9K/////0sAdJRiQwgAAAAAAAEAAJSGlFKUaANoBowCdTGUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LAHSUYkMByJSGlFKUaANoBowCZjSUiYiHlFKUKEsDaApOTk5K/////0r/////SwB0lGJDBAAAAD+UhpRSlGgDaAaMAmY4lImIh5RSlChLA2gKTk5OSv////9K/////0sAdJRiQwgAAAAAAAD0P5SGlFKUaANoBowCYjGUiYiHlFKUKEsDaBlOTk5K/////0r/////SwB0lGJDAQGUhpRSlGgDaAlDBAUAAACUhpRSlGUu',
};

describe('what Python writes', () => {
  it.each(Object.entries(SCALARS))('constants, protocol %s', (protocol, base64) => {
    // Python 3 writes bytes in protocol 2 as a call of _codecs.encode.
    const value = fromPython(base64) as unknown[];
    expect(value.slice(0, -1)).toEqual([
      ...[null, true, false, 0, 255, 256, 65535, 65536, -1, -(2 ** 31), 2 ** 31, 2 ** 40, -(2 ** 40)],
      ...[2n ** 53n, 2n ** 70n, -(2n ** 70n), 0.5, -1e300, '', 'h\u00e9\u00e9 \u4f60\u597d \u{1f600}'],
    ]);
    expect([...(value.at(-1) as Uint8Array)], protocol).toEqual([0, 255]);
  });

  it.each(Object.entries(NESTED))('containers, protocol %s', (_, base64) => {
    expect(fromPython(base64)).toEqual([[1, 2, [3, 4, 5, 6]], [1, [2, []]], new Map([['a', new Map([['b', [1]]])]])]);
  });

  it.each(Object.entries(NUMPY))('numpy numbers become plain ones, protocol %s', (_, base64) => {
    expect(fromPython(base64)).toEqual([-7, 2 ** 40, 200, 0.5, 1.25, true, 5]);
  });

  it('big-endian numpy numbers', () => {
    const type = ['cnumpy\ndtype\n', 'X\x02\0\0\0i4', 0x89, 0x88, 0x87, 'R(K\x03X\x01\0\0\0>NNNtb'];
    const bytes = pickle(0x80, 2, 'cnumpy.core.multiarray\nscalar\n', ...type, 'C\x04\0\0\x01\0', 0x86, 'R.');
    expect(readPickle(bytes, { globals: NUMPY_SCALARS }).value).toBe(256);
  });

  it('tells where it ended, so that pickles in a row can be read', () => {
    const two = pickle(0x80, 2, 'K\x07.', 0x80, 2, 'K\x08.');
    const first = readPickle(two);
    expect(first).toEqual({ value: 7, end: 5 });
    expect(readPickle(two, { start: first.end }).value).toBe(8);
  });

  const coords = join(appRoot, '../shared/fixtures/coords-numpy-int32.pkl');
  it.skipIf(!existsSync(coords))("LiveTalking's coords.pkl", () => {
    const boxes = readPickle(readFileSync(coords), { globals: NUMPY_SCALARS }).value as unknown[];
    expect(boxes).toHaveLength(450);
    expect(boxes[0]).toEqual([137, 295, 264, 384]);
  });
});

describe('what it refuses', () => {
  it('any name outside the list, by that name, whether it is called or not', () => {
    const evil = pickle(0x80, 2, 'cposix\nsystem\nX\x02\0\0\0id', 0x85, 'R.');
    expect(refusal(evil)).toBe('contains posix.system: this file would run code; it was not opened');
    const uncalled = pickle(0x80, 4, 0x8c, 8, 'builtins', 0x8c, 4, 'eval', 0x93, '.');
    expect(refusal(uncalled)).toContain('contains builtins.eval');
    expect(refusal(pickle('cnumpy\nload\n.'))).toContain('contains numpy.load');
  });

  it('names that every JavaScript object has', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(refusal(pickle(`c${name}\n\n.`), { globals: {} })).toContain('would run code');
    }
    const keys = readPickle(pickle('}X\x09\0\0\0__proto__K\x01s.')).value as Map<string, number>;
    expect(keys.get('__proto__')).toBe(1);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('control characters in a name do not reach the terminal', () => {
    const message = refusal(pickle('c\x1b[2Jos\nsystem\n.'));
    expect(message).toContain('?[2Jos.system');
  });

  it('a call of data, of a name that may only be mentioned, and state for what takes none', () => {
    const globals = { 'torch FloatStorage': {} };
    expect(refusal(pickle('K\x01)R.'))).toContain('cannot be called');
    expect(refusal(pickle('ctorch\nFloatStorage\n)R.'), { globals })).toContain('cannot be called');
    expect(refusal(pickle(']K\x01b.'))).toContain('state for an object that takes none');
    expect(refusal(pickle('K\x01Q.'))).toContain('outside itself');
  });

  it('lengths that are not there, before anything is made of them', () => {
    for (const opcode of ['X', 'B', 'T']) expect(refusal(pickle(opcode, 0xff, 0xff, 0xff, 0x7f))).toContain('cut off');
    for (const opcode of [0x8d, 0x8e, 0x96]) {
      expect(refusal(pickle(opcode, ...new Array<number>(8).fill(0x7f)))).toContain('cut off');
    }
    expect(refusal(pickle('T', 0xff, 0xff, 0xff, 0xff))).toContain('negative length');
    expect(refusal(pickle(0x8b, 0xff, 0xff, 0xff, 0x7f))).toContain('an integer of');
    expect(refusal(pickle('I', '9'.repeat(5_000), '\n.'))).toContain('endless line');
    expect(refusal(pickle('Iten\n.'))).toContain('an integer that is none');
  });

  it('values that belong to another mark, missing memos and marks', () => {
    expect(refusal(pickle('K\x01(0', '0.'))).toContain('too few values');
    expect(refusal(pickle('h\x00.'))).toContain('not stored');
    expect(refusal(pickle(']K\x01e.'))).toContain('no mark');
    expect(refusal(pickle('.'))).toContain('too few values');
    expect(refusal(pickle(0x80, 6, 'N.'))).toContain('protocol 6');
    expect(refusal(pickle('n.'))).toContain('unknown opcode 0x6e at byte 0');
  });

  it('small files that describe large data', () => {
    const maps = new Uint8Array(8 << 20).fill(0x7d);
    expect(refusal(maps)).toMatch(/more data than 64 MiB|too many values/);
    const dropped = Buffer.from('}0'.repeat(4 << 20)); // each is garbage at once; the work still counts
    expect(refusal(dropped)).toContain('more data than 64 MiB');
    expect(refusal(Buffer.alloc(8 << 20, '('))).toContain('more data than 64 MiB');
    // One long list, copied by a call of six bytes, again and again.
    const globals = {
      'm copy': {
        construct: ([list]: readonly unknown[], charge: (bytes: number) => void) => {
          charge((list as unknown[]).length * 16);
          return (list as unknown[]).slice();
        },
      },
    };
    const call = Buffer.from('h\x01h\0\x85R0', 'latin1');
    const calls = Buffer.concat(new Array<Buffer>(100_000).fill(call));
    const copies = pickle(']q\0(', 'N'.repeat(100_000), 'ecm\ncopy\nq\x01', calls, '.');
    expect(refusal(copies, { globals })).toContain('more data than 64 MiB');
  });

  it('a pickle that contains itself is read, once', () => {
    const value = readPickle(pickle(']q\0h\0a.')).value as unknown[];
    expect(value[0]).toBe(value);
  });

  it('says when the bytes end too early', () => {
    const whole = Buffer.from(SCALARS[4], 'base64');
    for (let length = 0; length < whole.length; length++) {
      try {
        readPickle(whole.subarray(0, length));
        throw new Error(`${length} bytes were read`);
      } catch (error) {
        expect(error).toBeInstanceOf(PickleError);
        expect((error as PickleError).truncated).toBe(true);
      }
    }
  });
});
