import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScript } from '../../main/server/clips/script';
import { CsvError } from '../../shared/csv';
import { decodeText, exportText, importScript, type NewLine, NoTextColumnError, textLines } from './script-files';
import { MAX_LINE_CHARACTERS, MAX_SCRIPT_LINES, moved, parseStoredScript, splitLong } from './script-lines';

const texts = (file: string, content: string) => importScript(file, content).lines.map((l) => l.text);

describe('a script from a file', () => {
  it('reads text: one line each, directions, remarks, and brackets that are words', () => {
    const text =
      '\uFEFF# opening\r\n[voice en-gb+f3]\r\nGood morning.\r\n[pause 1.5]\r\n\r\n[mode still]\r\n[applause]\r\n\\[said]\n[voice]\nBye.';
    expect(importScript('a.txt', text).lines).toEqual([
      { text: 'Good morning.', voice: 'en-gb+f3', pauseMs: 1_500 },
      { text: '[applause]', voice: 'en-gb+f3', audiotype: 1 },
      { text: '[said]', voice: 'en-gb+f3' },
      { text: 'Bye.' },
    ]);
  });

  it('reads subtitles: cues in order, without numbers, times and styles', () => {
    const srt =
      '1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>\r\nthere.\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n{\\an8}大家好。\r\n\r\n3\r\n00:00:05,000 --> 00:00:06,000\r\n\r\n';
    expect(texts('film.SRT', srt)).toEqual(['Hello there.', '大家好。']);
    expect(
      texts('a.vtt', 'WEBVTT\n\nNOTE nobody says this\n\nid\n00:01.000 --> 00:02.000 align:start\nFirst.\n'),
    ).toEqual(['First.']);
  });

  it('reads tables with quotes, commas and line ends in them, of any separator', () => {
    const csv = 'Text,pause,voice,mode\r\n"Good, ""kind"" people,\nwelcome.",0.5,Clara,still\r\n,3,,\r\nBye,,,\r\n';
    expect(importScript('a.csv', csv).lines).toEqual([
      { text: 'Good, "kind" people, welcome.', pauseMs: 500, voice: 'Clara', audiotype: 1 },
      { text: 'Bye' },
    ]);
    expect(importScript('a.csv', 'text;pause\nHallo, Welt;1,5\n').lines).toEqual([
      { text: 'Hallo, Welt', pauseMs: 1_500 },
    ]);
    expect(() => importScript('a.csv', 'words\nHello\n')).toThrow(NoTextColumnError);
    expect(() => importScript('a.csv', 'text\n"open\n')).toThrow(CsvError);
  });

  it('tells what did not fit, and keeps every word of what was too long', () => {
    const many = importScript('a.txt', 'A line.\n'.repeat(MAX_SCRIPT_LINES + 20));
    expect([many.lines.length, many.left]).toEqual([MAX_SCRIPT_LINES, 20]);
    const long = `${'A sentence of the speech. '.repeat(200)}`.trim();
    const { lines, split } = importScript('a.csv', `text,pause,mode\n${long},2,still\n`);
    expect(split).toBe(1);
    expect(lines.length).toBe(3);
    expect(lines.map((l) => l.text).join(' ')).toBe(long);
    expect(lines.map((l) => [l.audiotype, l.pauseMs])).toEqual([
      [1, undefined],
      [undefined, undefined],
      [undefined, 2_000],
    ]);
  });

  it('cuts at sentences, else at words, and never inside a character', () => {
    expect(splitLong('一二三。四五六。七八', 6)).toEqual(['一二三。', '四五六。七八']);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), fc.integer({ min: 2, max: 30 }), (text, most) => {
        const pieces = splitLong(text, most);
        expect(pieces.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(most);
          expect(piece.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('reads older encodings', () => {
    expect(decodeText(new TextEncoder().encode('Grüße 你好'), false)).toBe('Grüße 你好');
    expect(decodeText(Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65), false)).toBe('Grüße');
    expect(decodeText(Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3), true)).toBe('你好');
    expect(decodeText(Uint8Array.of(0xff, 0xfe, 0x41, 0x00), false)).toBe('A');
  });
});

const word = fc.constantFrom('Hello.', '[brackets]', '# hash', '\\slash', '你好', 'a, b', '[pause 1]', '"quoted"');
const anyLine: fc.Arbitrary<NewLine> = fc.record(
  {
    text: fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' ')),
    voice: fc.constantFrom('Clara', 'en-gb+f3'),
    pauseMs: fc.constantFrom(500, 1_500),
    audiotype: fc.constantFrom(0, 1, 3),
  },
  { requiredKeys: ['text'] },
);

describe('a script as a file', () => {
  it('comes back the same', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 6 }), (lines) => {
        expect(textLines(exportText(lines))).toEqual(lines);
      }),
    );
  });

  it('is what the clip maker reads', () => {
    const lines: NewLine[] = [{ text: 'One.', voice: 'Clara', audiotype: 1, pauseMs: 500 }, { text: '[Two]' }];
    expect(parseScript(exportText(lines))).toEqual([
      { kind: 'mode', audiotype: 1 },
      { kind: 'say', text: 'One.', voice: 'Clara' },
      { kind: 'pause', durationMs: 500 },
      { kind: 'say', text: '[Two]' },
    ]);
  });
});

describe('the kept script', () => {
  it('survives damage line by line, and is bounded', () => {
    expect(
      parseStoredScript('{"title":"T","lines":[{"text":"a","pauseMs":-1},7,{"text":3},{"text":"b","voice":""}]}'),
    ).toEqual({
      title: 'T',
      lines: [
        { id: 1, text: 'a' },
        { id: 4, text: 'b' },
      ],
    });
    expect(parseStoredScript('{"title":"cut')).toEqual({ title: '', lines: [] });
    expect(parseStoredScript(null)).toEqual({ title: '', lines: [] });
    const huge = { lines: Array.from({ length: 600 }, () => ({ text: 'x'.repeat(3_000) })) };
    const { lines } = parseStoredScript(JSON.stringify(huge));
    expect([lines.length, lines[0]?.text.length]).toEqual([MAX_SCRIPT_LINES, MAX_LINE_CHARACTERS]);
  });

  it('moves a line from one place to another', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a'], 4, 0)).toEqual(['a']);
  });
});
