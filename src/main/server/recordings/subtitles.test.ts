import { describe, expect, it } from 'vitest';
import { cuesOf, toSrt, toVtt } from './subtitles';

const said = (text: string, startMs = 0, endMs = 4_000) => [
  { turn: 1, kind: 'echo' as const, sentences: [{ text, startMs, endMs }] },
];

describe('subtitles', () => {
  it('show each sentence while it is spoken, in both formats', () => {
    const turns = [
      { turn: 1, kind: 'chat' as const, sentences: [{ text: 'Hello there.', startMs: 1_250, endMs: 2_000 }] },
      { turn: 2, kind: 'audio' as const, sentences: [{ text: 'jingle.mp3', startMs: 2_000, endMs: 3_000 }] },
      {
        turn: 3,
        kind: 'echo' as const,
        sentences: [{ text: 'Tom & <Jerry> -->', startMs: 3_661_001, endMs: 3_662_000 }],
      },
    ];
    expect(toSrt(cuesOf(turns))).toBe(
      '1\n00:00:01,250 --> 00:00:02,000\nHello there.\n\n2\n01:01:01,001 --> 01:01:02,000\nTom & <Jerry> -->\n',
    );
    expect(toVtt(cuesOf(turns))).toBe(
      'WEBVTT\n\n00:00:01.250 --> 00:00:02.000\nHello there.\n\n' +
        '01:01:01.001 --> 01:01:02.000\nTom &amp; &lt;Jerry&gt; --&gt;\n',
    );
  });

  it('break long sentences at words into cues of two lines, which share the time and leave nothing out', () => {
    const text = 'The quick brown fox jumps over the lazy dog, and the dog, who has seen it all, does not mind at all.';
    const cues = cuesOf(said(text, 1_000, 11_000));
    expect(cues.length).toBe(2);
    for (const { lines } of cues) {
      expect(lines.length).toBeLessThanOrEqual(2);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(42);
    }
    expect(cues.flatMap((c) => c.lines).join(' ')).toBe(text);
    expect([cues[0]!.startMs, cues[0]!.endMs, cues[1]!.endMs]).toEqual([1_000, cues[1]!.startMs, 11_000]);
  });

  it('break Chinese between characters, never before punctuation that closes', () => {
    const text =
      '今天天气真好，我们一起去公园散步吧，那里的花都开了，还有很多小朋友在放风筝，非常热闹，你觉得怎么样呢？';
    const lines = cuesOf(said(text)).flatMap((c) => c.lines);
    expect(lines.join('')).toBe(text);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      expect([...line].length).toBeLessThanOrEqual(21);
      expect(line).not.toMatch(/^[，。？]/u);
    }
  });

  it('cut a word that no line could hold', () => {
    const lines = cuesOf(said('x'.repeat(100))).flatMap((c) => c.lines);
    expect(lines.join('')).toBe('x'.repeat(100));
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(42);
  });

  it('are an empty list where nothing was said', () => {
    expect(toSrt(cuesOf([]))).toBe('');
    expect(toVtt(cuesOf([]))).toBe('WEBVTT\n');
  });
});
