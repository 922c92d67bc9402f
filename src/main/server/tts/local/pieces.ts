import { splitAll } from '../../text/sentences';
import { hasSpeech } from '../../text/speakable';
import { pauseAfterMs } from '../silence';
import type { Piece } from './messages';

/** Sound starts, and an interrupt is obeyed, with a piece: so a long sentence is several. In Western characters. */
const LONG = 60;
/** Shorter ones sound chopped. */
const MIN = 18;
/** A Chinese character takes about as long to say as two and a quarter letters. */
const CJK_WEIGHT = 2.25;
const CJK = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/gu;
/** A mark that voices pause at; the narrow ones need a blank behind them (1,000; 12:30). */
const CLAUSE = /[,;:—–،؛](?=\s)|[，；：、]/gu;

const weight = (text: string) => text.length + (text.match(CJK)?.length ?? 0) * (CJK_WEIGHT - 1);

/** Cuts a text at its sentences, and long sentences at their clauses. The marks stay: voices read the tune of a clause from them. */
export function speechPieces(text: string): Piece[] {
  const clauses = splitAll(text, { early: false }).flatMap(clausesOf);
  return clauses.filter(hasSpeech).map((clause) => ({ text: clause, pauseMs: pauseAfterMs(clause) }));
}

function clausesOf(sentence: string): string[] {
  if (weight(sentence) <= LONG) return [sentence];
  const clauses: string[] = [];
  let start = 0;
  for (const { index } of sentence.matchAll(CLAUSE)) {
    const end = index + 1;
    if (weight(sentence.slice(start, end).trim()) < MIN || weight(sentence.slice(end).trim()) < MIN) continue;
    clauses.push(sentence.slice(start, end).trim());
    start = end;
  }
  return [...clauses, sentence.slice(start).trim()];
}
