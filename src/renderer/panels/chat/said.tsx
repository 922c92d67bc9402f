import { Button } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { searchLines } from '../../store/history';
import { useStudio } from '../../store/studio';
import { SaidHead } from './said-head';
import { SaidLine } from './said-line';

const NEAR_END_PX = 40;
const ABOVE_MARK_PX = 12;

/**
 * Scrolls to what goes on: the end, or the sentence that sounds where that stands above it in the last line. Returns the
 * place, by which a scroll of the reader is told from this one.
 */
function follow(list: HTMLOListElement): number {
  const mark = list.querySelector('li:last-child mark');
  const markTop = mark
    ? mark.getBoundingClientRect().top - list.getBoundingClientRect().top + list.scrollTop
    : Infinity;
  list.scrollTop = Math.min(list.scrollHeight - list.clientHeight, markTop - ABOVE_MARK_PX);
  return list.scrollTop;
}

/** The conversation: what was asked and answered, what was said, is being said and comes next. */
export function Said() {
  const { t } = useTranslation('chat');
  const lines = useStudio((s) => s.lines);
  const [query, setQuery] = useState('');
  const list = useRef<HTMLOListElement>(null);
  // Who scrolled up is reading: new words then wait below.
  const following = useRef(true);
  const followedTo = useRef(0);
  const [behind, setBehind] = useState(false);
  const goOn = () => {
    if (list.current && following.current) followedTo.current = follow(list.current);
  };
  const toEnd = () => {
    following.current = true;
    setBehind(false);
    goOn();
  };
  const asked = lines.findLast((line) => line.own)?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: who asks anew wants to see the answer.
  useLayoutEffect(() => {
    following.current = true;
    setBehind(false);
  }, [asked]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: lines that come, grow or sound move the place.
  useLayoutEffect(() => {
    if (!following.current) setBehind(true);
    goOn();
  }, [lines]);
  const shown = searchLines(lines, query);
  const empty = shown.length === 0;
  // A line that wraps anew (a window or a box that changes its size) moves the end as well.
  useEffect(() => {
    const element = list.current;
    if (empty || !element) return;
    const observer = new ResizeObserver(() => {
      if (following.current) followedTo.current = follow(element);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [empty]);
  const onScroll = () => {
    const e = list.current;
    // A list in a hidden panel has no height, and no place.
    if (!e || e.clientHeight === 0) return;
    if (following.current && Math.abs(e.scrollTop - followedTo.current) < 2) return;
    following.current = e.scrollHeight - e.scrollTop - e.clientHeight < NEAR_END_PX;
    if (following.current) setBehind(false);
  };
  return (
    <section className="said" aria-label={t('said.title')}>
      <SaidHead query={query} found={shown.length} onQuery={setQuery} />
      {empty && <Empty searched={query.trim() !== ''} />}
      {!empty && (
        <div className="said-scroll">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list must be reachable by keyboard. */}
          <ol ref={list} tabIndex={0} onScroll={onScroll} aria-label={t('said.title')}>
            {shown.map((line) => (
              <SaidLine key={line.id} line={line} />
            ))}
          </ol>
          {behind && (
            <Button
              variant="default"
              size="compact-md"
              radius="xl"
              className="to-end"
              leftSection={<Icon name="chevron" size={16} />}
              onClick={toEnd}
            >
              {t('said.toEnd')}
            </Button>
          )}
        </div>
      )}
      <Troubles />
    </section>
  );
}

function Empty({ searched }: { searched: boolean }) {
  const { t } = useTranslation('chat');
  return (
    <div className="empty">
      <Icon name={searched ? 'search' : 'ask'} size={28} />
      <strong>{t(searched ? 'said.notFound' : 'said.empty')}</strong>
      {!searched && <p>{t('said.emptyHint')}</p>}
    </div>
  );
}

/** Says what went wrong to those who cannot see the line. The words themselves are announced as captions, sentence by sentence. */
function Troubles() {
  const { t } = useTranslation('chat');
  // Only of this page: what failed in an earlier one is no news.
  const line = useStudio((s) => s.lines.findLast((l) => l.sentAtMs > 0 && (l.problem !== null || l.note !== null)));
  const { problem, note } = line ?? {};
  return (
    <p className="visually-hidden" aria-live="polite">
      {problem
        ? `${t('said.state.failed')}: ${problem.reason} ${problem.remedy ?? ''}`
        : note && t('said.standIn', { engine: note.engine, instead: note.instead })}
    </p>
  );
}
