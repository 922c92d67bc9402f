import { describe, expect, it } from 'vitest';
import { parseTimeS, partOf } from './time';

describe('a time that was typed', () => {
  it.each([
    ['90', 90],
    ['1:30', 90],
    [' 1:02:03.5 ', 3_723.5],
    ['0:00,25', 0.25],
    ['90:00', 5_400],
  ])('%j is %d s', (text, s) => expect(parseTimeS(text)).toBe(s));
  it.each(['', 'soon', '1:75', '1:75:00', '-1', '1:', ':30', '1:2:3:4'])('%j is none', (text) => {
    expect(parseTimeS(text)).toBeUndefined();
  });
});

describe('a part of ten seconds', () => {
  it.each([
    ['', '', {}],
    ['0:02', '', { startS: 2 }],
    ['', '5', { endS: 5 }],
    ['1', '0:09.5', { startS: 1, endS: 9.5 }],
    ['0', '20', {}],
  ])('from %j to %j', (from, to, part) => expect(partOf(from, to, 10_000)).toEqual(part));
  it.each([
    ['5', '5'],
    ['6', '5'],
    ['10', ''],
    ['a', ''],
    ['', 'b'],
  ])('is not from %j to %j', (from, to) => expect(partOf(from, to, 10_000)).toBeUndefined());
  it('of unknown length ends wherever it is wished', () => {
    expect(partOf('5', '600', null)).toEqual({ startS: 5, endS: 600 });
    expect(partOf('5', '', null)).toEqual({ startS: 5 });
  });
});
