import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzRuns } from '../../../../../testing/fuzz';
import { isPlausible, type RecordContext } from './record-filter';

const AUTHENTIC = Buffer.alloc(26, 7);
const context = (connected: boolean): RecordContext => ({
  connected,
  authenticate: (record) => {
    if (!record.subarray(13).equals(AUTHENTIC)) throw new Error('not ours');
  },
});

function record(type: number, body: Buffer, { epoch = 0, version = 0xfefd, length = body.length } = {}): Buffer {
  const head = Buffer.alloc(13);
  head[0] = type;
  head.writeUInt16BE(version, 1);
  head.writeUInt16BE(epoch, 3);
  head.writeUInt16BE(length, 11);
  return Buffer.concat([head, body]);
}
const CLOSE = Buffer.from([1, 0]);
const hello = (type: number) => record(22, Buffer.from([type, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0]));

describe('records of DTLS that are shown to the library', () => {
  it.each<[string, Buffer, whileConnecting: boolean, connected: boolean]>([
    ['a ClientHello', hello(1), true, false],
    ['a ServerHello', hello(2), true, false],
    ['a repeated Certificate', hello(11), true, true],
    ['two of a flight', Buffer.concat([hello(11), hello(14)]), true, true],
    ['an encrypted Finished', record(22, randomBytes(40), { epoch: 1 }), true, true],
    ['application data', record(23, randomBytes(40), { epoch: 1 }), true, true],
    ['a change of cipher', record(20, Buffer.from([1])), true, true],
    ['close_notify in plain text', record(21, CLOSE), false, false],
    ['a fatal alert in plain text', record(21, Buffer.from([2, 40])), false, false],
    ['plain text that claims to be encrypted', record(21, CLOSE, { epoch: 1 }), false, false],
    [
      'the same as long as a real one',
      record(21, Buffer.concat([CLOSE, Buffer.alloc(24)]), { epoch: 1 }),
      false,
      false,
    ],
    ['an authentic alert', record(21, AUTHENTIC, { epoch: 1 }), true, true],
    ['a good record with a forged alert behind it', Buffer.concat([hello(11), record(21, CLOSE)]), false, false],
    ['a type that there is not', record(24, CLOSE), false, false],
    ['another', record(63, randomBytes(5), { epoch: 1 }), false, false],
    ['another version', record(22, randomBytes(20), { version: 0x0303 }), false, false],
    ['a record longer than the datagram', record(23, CLOSE, { length: 500 }), false, false],
    ['half a header', record(22, CLOSE).subarray(0, 9), false, false],
  ])('%s', (_what, datagram, whileConnecting, connected) => {
    expect([isPlausible(datagram, context(false)), isPlausible(datagram, context(true))]).toEqual([
      whileConnecting,
      connected,
    ]);
  });

  it('are never read past their end, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 63 }),
        fc.uint8Array({ maxLength: 80 }),
        fc.boolean(),
        (type, rest, on) => {
          expect(typeof isPlausible(Buffer.from([type, ...rest]), context(on))).toBe('boolean');
        },
      ),
      fuzzRuns(1_000),
    );
  });
});
