import { startsCjk } from './script';

export interface EmphasisRun {
  mark: string;
  /** How many of the mark stand together. */
  run: number;
  /** The characters around the run; '' at the edge of the text. */
  before: string;
  after: string;
  /** A single asterisk opened emphasis before. */
  open: boolean;
}

const WORD = /[\p{L}\p{N}]/u;
const FACTOR_BEFORE = /[\p{L}\p{N})\]]/u;
const FACTOR_AFTER = /[\p{L}\p{N}([]/u;

/**
 * Whether a run of *, _ or ~ is something to keep: 2*3, 5 * 4, snake_case, ~5. CommonMark would take 2*3*4 as emphasis;
 * in what people ask a presenter it is a product. The other way round "**重点**内容" is emphasis for everyone but CommonMark.
 */
export function keepsEmphasisMark({ mark, run, before, after, open }: EmphasisRun): boolean {
  if (mark === '~') return run === 1;
  if (mark === '_') return WORD.test(before) && WORD.test(after);
  if (before === ' ' && after === ' ') return run <= 2;
  if (run === 2) return /\d/.test(before) && /\d/.test(after);
  if (run > 2 || open || startsCjk(before) || startsCjk(after)) return false;
  return FACTOR_BEFORE.test(before) && FACTOR_AFTER.test(after);
}
