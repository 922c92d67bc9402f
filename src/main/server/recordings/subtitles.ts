import type { RecordedTurn } from '../../../shared/protocol';

export interface Cue {
  startMs: number;
  endMs: number;
  lines: string[];
}

/** What broadcasters allow: two lines of 42 characters, of which a Chinese or Japanese one counts as two. */
const MAX_LINE_WIDTH = 42;
const MAX_LINES = 2;
const WIDE_RANGES =
  '\\u1100-\\u115f\\u2e80-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\u{20000}-\\u{3fffd}';
const WIDE = new RegExp(`[${WIDE_RANGES}]`, 'u');
/** What a line may not begin with. */
const CLOSING = '\\p{Pe}\\p{Pf}\\p{Po}';
/** A word with the space behind it, or a wide character, each with the punctuation that closes it. */
const PIECES = new RegExp(
  `(?:(?![${CLOSING}])[${WIDE_RANGES}]|[^\\s${WIDE_RANGES}]{1,40}|[${CLOSING}])[${CLOSING}]{0,2}\\s?`,
  'gu',
);

/**
 * What was said as subtitles. A sentence that is too long for two lines becomes several cues, which share its time by their
 * length: no voice tells when each word was spoken.
 */
export function cuesOf(turns: readonly RecordedTurn[]): Cue[] {
  const cues: Cue[] = [];
  for (const { kind, sentences } of turns) {
    if (kind === 'audio') continue; // its text is a file's name
    for (const { text, startMs, endMs } of sentences) {
      const lines = wrap(text);
      const total = lines.reduce((sum, line) => sum + widthOf(line), 0);
      let done = 0;
      for (let i = 0; i < lines.length; i += MAX_LINES) {
        const shown = lines.slice(i, i + MAX_LINES);
        const part = shown.reduce((sum, line) => sum + widthOf(line), 0);
        const at = (width: number) => Math.round(startMs + ((endMs - startMs) * width) / total);
        cues.push({ startMs: at(done), endMs: at(done + part), lines: shown });
        done += part;
      }
    }
  }
  return cues.filter((cue) => cue.endMs > cue.startMs);
}

/** SubRip: numbered cues, comma before the milliseconds. */
export function toSrt(cues: readonly Cue[]): string {
  return cues
    .map((cue, i) => `${i + 1}\n${clock(cue.startMs, ',')} --> ${clock(cue.endMs, ',')}\n${cue.lines.join('\n')}\n`)
    .join('\n');
}

/** WebVTT (W3C): its text is markup, so `<`, `>` and `&` are escaped, which also keeps `-->` out of it. */
export function toVtt(cues: readonly Cue[]): string {
  const escaped = (line: string) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const blocks = cues.map(
    (cue) => `${clock(cue.startMs, '.')} --> ${clock(cue.endMs, '.')}\n${cue.lines.map(escaped).join('\n')}\n`,
  );
  return ['WEBVTT\n', ...blocks].join('\n');
}

function clock(ms: number, point: ',' | '.'): string {
  const pad = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, '0');
  return `${pad(ms / 3_600_000)}:${pad((ms / 60_000) % 60)}:${pad((ms / 1_000) % 60)}${point}${pad(ms % 1_000, 3)}`;
}

const widthOf = (text: string): number => [...text].reduce((width, c) => width + (WIDE.test(c) ? 2 : 1), 0);

/** Breaks at spaces, and between characters of scripts that have none. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [word] of text.replace(/\s+/gu, ' ').trim().matchAll(PIECES)) {
    if (line !== '' && widthOf((line + word).trimEnd()) > MAX_LINE_WIDTH) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  if (line.trim() !== '') lines.push(line.trimEnd());
  return lines;
}
