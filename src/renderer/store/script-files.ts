import { parseCsv } from '../../shared/csv';
import { MAX_SCRIPT_LINES, type ScriptLine, splitLong } from './script-lines';

/** Scripts as files: plain text, subtitles, tables. Pure; `ScriptLine`s come without an id, as a script gives them theirs. */
export type NewLine = Omit<ScriptLine, 'id'>;

export interface ImportedScript {
  lines: NewLine[];
  /** Lines of the file that stayed out because a script holds no more. */
  left: number;
  /** Lines that were too long for one and became several. */
  split: number;
}

export const SCRIPT_FILE_TYPES = '.txt,.srt,.vtt,.csv,.tsv,.md,text/plain,text/csv';
const ENDING = /\.(txt|srt|vtt|csv|tsv|md)$/i;
export const isScriptFile = (name: string): boolean => ENDING.test(name);

/** A table without a column of words: nobody knows which one is to be said. */
export class NoTextColumnError extends Error {
  override readonly name = 'NoTextColumnError';
}

/**
 * @param room how many lines the script takes yet
 * @throws NoTextColumnError | CsvError for tables that cannot be read
 */
export function importScript(name: string, text: string, room = MAX_SCRIPT_LINES): ImportedScript {
  const ending = ENDING.exec(name)?.[1]?.toLowerCase();
  const found =
    ending === 'srt' || ending === 'vtt'
      ? cueLines(text)
      : ending === 'csv' || ending === 'tsv'
        ? tableLines(text)
        : textLines(text);
  let split = 0;
  const lines = found.flatMap((line) => {
    const pieces = splitLong(line.text);
    if (pieces.length > 1) split++;
    // Its directions hold for the first piece, its pause comes after the last.
    return pieces.map((piece, i): NewLine => {
      const { pauseMs, audiotype, voice } = line;
      return {
        text: piece,
        ...(voice !== undefined && { voice }),
        ...(audiotype !== undefined && i === 0 && { audiotype }),
        ...(pauseMs !== undefined && i === pieces.length - 1 && { pauseMs }),
      };
    });
  });
  return { lines: lines.slice(0, room), left: Math.max(0, lines.length - room), split };
}

const DIRECTION = /^\[\s*(pause|voice|mode)\b\s*([^\]]*)\]$/i;

/**
 * The clip maker's text form, read generously: every line is said, `[pause 1.5]`, `[voice name]` and `[mode still]` direct what
 * stands beside them, and anything else in brackets is words after all. A `#` begins a remark.
 */
export function textLines(text: string): NewLine[] {
  const lines: NewLine[] = [];
  let voice: string | undefined;
  let audiotype: number | undefined;
  for (const raw of plain(text).split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value = ''] = DIRECTION.exec(line) ?? [];
    if (name === undefined) {
      const said = /^\\[[#\\]/.test(line) ? line.slice(1) : line;
      lines.push({ text: said, ...(voice !== undefined && { voice }), ...(audiotype !== undefined && { audiotype }) });
      audiotype = undefined;
      continue;
    }
    if (name.toLowerCase() === 'voice') voice = value.trim() || undefined;
    else if (name.toLowerCase() === 'mode') audiotype = modeOf(value);
    else {
      const last = lines.at(-1);
      const pauseMs = pauseOf(value);
      if (last && pauseMs !== undefined) last.pauseMs = pauseMs;
    }
  }
  return lines;
}

const TIMES = /^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->/;

/** SubRip and WebVTT: each cue is a line; its times are of the film that it was written for, and say nothing here. */
export function cueLines(text: string): NewLine[] {
  const lines: NewLine[] = [];
  for (const block of plain(text).split(/\n[ \t]*\n/)) {
    const rows = block.split('\n');
    const at = rows.findIndex((row) => TIMES.test(row));
    if (at < 0) continue; // a header, a note, a style sheet
    const words = rows
      .slice(at + 1)
      .join(' ')
      .replace(/<[^<>]*>|\{\\[^{}]*\}/g, '')
      .replace(/\s+/g, ' ')
      .trim();
    if (words !== '') lines.push({ text: words });
  }
  return lines;
}

/** Columns `text`, and `pause` (seconds), `voice`, `mode` where wanted. @throws NoTextColumnError | CsvError */
export function tableLines(text: string): NewLine[] {
  const rows = parseCsv(plain(text));
  if (rows.length > 0 && !('text' in rows[0]!)) throw new NoTextColumnError('the table has no column named text');
  return rows.flatMap(({ text: words = '', pause = '', voice = '', mode = '' }) => {
    const said = words.replace(/\s+/g, ' ').trim();
    if (said === '') return [];
    const pauseMs = pauseOf(pause);
    const audiotype = modeOf(mode);
    return [
      {
        text: said,
        ...(voice !== '' && { voice }),
        ...(pauseMs !== undefined && { pauseMs }),
        ...(audiotype !== undefined && { audiotype }),
      },
    ];
  });
}

/** The text form again: what is written is read back as the same lines, here and by the clip maker. */
export function exportText(lines: readonly NewLine[]): string {
  const rows: string[] = [];
  let voice: string | undefined;
  for (const line of lines) {
    if (line.voice !== voice) rows.push(line.voice === undefined ? '[voice]' : `[voice ${line.voice}]`);
    voice = line.voice;
    if (line.audiotype !== undefined) rows.push(`[mode ${['live', 'still'][line.audiotype] ?? line.audiotype}]`);
    const words = line.text.replace(/\s+/g, ' ').trim();
    rows.push(/^[[#\\]/.test(words) ? `\\${words}` : words);
    if (line.pauseMs !== undefined) rows.push(`[pause ${line.pauseMs / 1_000}]`);
  }
  return `${rows.join('\n')}\n`;
}

export const MAX_PAUSE_S = 600;
export const MAX_AUDIOTYPE = 1_000_000;

function pauseOf(value: string): number | undefined {
  const seconds = Number(value.trim().replace(',', '.').replace(/\s*s$/, '') || Number.NaN);
  return seconds > 0 ? Math.round(Math.min(seconds, MAX_PAUSE_S) * 1_000) : undefined;
}

function modeOf(value: string): number | undefined {
  const name = value.trim().toLowerCase();
  if (name === 'live') return 0;
  if (name === 'still') return 1;
  return /^\d{1,6}$/.test(name) ? Number(name) : undefined;
}

const plain = (text: string): string => text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');

/**
 * Text of a file in whatever encoding it came: what is not UTF-8 was most likely written by an older program, in the encoding of
 * its country.
 * @param chinese whether that is China
 */
export function decodeText(bytes: Uint8Array, chinese: boolean): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(chinese ? 'gb18030' : 'windows-1252').decode(bytes);
  }
}
