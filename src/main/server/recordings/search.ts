import type { RecordedTurn, RecordingSummary } from '../../../shared/protocol';
import type { RecordingSort } from '../../../shared/recording-sorts';

export interface Searched {
  summary: RecordingSummary;
  turns: readonly RecordedTurn[];
}

/** Case, accents and the width of letters make no difference to somebody who looks for a word. */
const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase();

/** Whether every word of the query stands in its title, its presenter's name, its file's name, or in what was said. */
export function matches({ summary: { title, presenter, file }, turns }: Searched, query: string): boolean {
  const words = folded(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const said = turns.flatMap(({ text = '', sentences }) => [text, ...sentences.map((sentence) => sentence.text)]);
  const all = folded([title, presenter, file, ...said].join('\n'));
  return words.every((word) => all.includes(word));
}

const { compare: byName } = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Recordings that are alike stand newest first. */
export function inOrder(found: readonly Searched[], sort: RecordingSort): Searched[] {
  return found.toSorted(
    ({ summary: a }, { summary: b }) => ORDERS[sort](a, b) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0),
  );
}

const ORDERS: Record<RecordingSort, (a: RecordingSummary, b: RecordingSummary) => number> = {
  newest: () => 0,
  oldest: (a, b) => (a.id < b.id ? -1 : 1),
  longest: (a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0),
  largest: (a, b) => b.bytes - a.bytes,
  title: (a, b) => byName(a.title, b.title),
};
