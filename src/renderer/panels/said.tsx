import { type UIEvent, useLayoutEffect, useRef } from 'react';
import { Icon } from '../components/icon';
import { IconButton } from '../components/icon-button';
import { useTranslate } from '../i18n/use-translate';
import { sayText } from '../store/actions';
import type { Line } from '../store/state';
import { useStudio } from '../store/studio';

const NEAR_END_PX = 40;

/** What was said, is being said and comes next. */
export function Said() {
  const t = useTranslate();
  const lines = useStudio((s) => s.lines);
  const list = useRef<HTMLOListElement>(null);
  // Who scrolled up is reading: new lines then wait below.
  const following = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: lines that come or grow (a failure's reason) move the end.
  useLayoutEffect(() => {
    const element = list.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  const onScroll = ({ currentTarget: e }: UIEvent<HTMLOListElement>) => {
    following.current = e.scrollHeight - e.scrollTop - e.clientHeight < NEAR_END_PX;
  };
  return (
    <section className="said" aria-label={t('said.title')}>
      <h2>{t('said.title')}</h2>
      {lines.length === 0 ? (
        <div className="empty">
          <Icon name="wave" size={28} />
          <strong>{t('said.empty')}</strong>
          <p>{t('said.emptyHint')}</p>
        </div>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list must be reachable by keyboard.
        <ol ref={list} tabIndex={0} onScroll={onScroll} aria-label={t('said.title')}>
          {lines.map((line) => (
            <SaidLine key={line.id} line={line} />
          ))}
        </ol>
      )}
    </section>
  );
}

function SaidLine({ line }: { line: Line }) {
  const t = useTranslate();
  return (
    <li data-state={line.state} data-testid="line">
      <div className="line-words">
        {line.kind === 'audio' && <Icon name="wave" size={16} />}
        <p>{line.text}</p>
      </div>
      <div className="line-foot">
        <span className="line-state">{t(`said.state.${line.state}`)}</span>
        {line.problem && <span className="line-problem">{line.problem}</span>}
        {line.kind === 'text' && (
          <IconButton small icon="again" label={t('said.again')} onClick={() => void sayText(line.text)} />
        )}
      </div>
    </li>
  );
}
