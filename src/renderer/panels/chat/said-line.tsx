import { Button } from '@mantine/core';
import { memo, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../../components/copy-text';
import { Icon } from '../../components/icon';
import { RowButton } from '../../components/row-button';
import { htmlLanguage, type Language } from '../../i18n/language';
import { tell } from '../../store/actions';
import { editAgain } from '../../store/draft';
import { isOpen, wordsOf } from '../../store/lines';
import { usePreferences } from '../../store/preferences';
import type { Line } from '../../store/state';
import { useStudio } from '../../store/studio';

/** One exchange: a question with its answer, a text, or a file. Drawn anew only when it changes: answers grow many times a second. */
export const SaidLine = memo(function SaidLine({ line }: { line: Line }) {
  const { t } = useTranslation('chat');
  const { kind, text, state, note } = line;
  const words = wordsOf(line);
  return (
    <li data-state={state} data-kind={kind} data-testid="line">
      {kind === 'chat' && text !== '' && (
        <div className="asked">
          <span className="visually-hidden">{t('said.you')}</span>
          <p>{text}</p>
        </div>
      )}
      <div className="answered">
        {kind === 'chat' && <span className="visually-hidden">{t('said.presenter')}</span>}
        {words !== '' && (
          <div className="line-words">
            {kind === 'audio' && <Icon name="wave" size={16} />}
            <p data-testid="words">
              <Words line={line} words={words} />
            </p>
          </div>
        )}
        {kind === 'chat' && words === '' && isOpen(line) && <Dots />}
        {note && (
          <p className="line-note" title={note.reason}>
            {t('said.standIn', { engine: note.engine, instead: note.instead })}
          </p>
        )}
        <Problem line={line} />
        <div className="line-foot">
          <span className="line-state">{t(`said.state.${state}`)}</span>
          <Moment line={line} />
          {!line.own && <span className="line-foreign">{t('said.foreign')}</span>}
          <Actions line={line} words={words} />
        </div>
      </div>
    </li>
  );
});

/** The words, with the sentence that sounds marked, and what an interrupt left unsaid set back. */
function Words({ line, words }: { line: Line; words: string }) {
  const { sounding, saidTo, state } = line;
  if (sounding) {
    return (
      <>
        {words.slice(0, sounding.from)}
        <mark>{words.slice(sounding.from, sounding.to)}</mark>
        {words.slice(sounding.to)}
      </>
    );
  }
  if (state !== 'interrupted' || saidTo === 0) return words;
  return (
    <>
      {words.slice(0, saidTo)}
      <span className="unsaid">{words.slice(saidTo)}</span>
    </>
  );
}

const NARROW = '(max-width: 760px)';

/** Why it failed, what to do about it, and the way to do it. */
function Problem({ line }: { line: Line }) {
  const { t } = useTranslation('chat');
  const { problem, kind, text } = line;
  const shown = useRef<HTMLDivElement>(null);
  // On a phone the conversation lies below what is typed: what failed just now is not to be looked for there.
  const isNews = problem !== null && line.sentAtMs > 0;
  useEffect(() => {
    if (isNews && matchMedia(NARROW).matches) shown.current?.scrollIntoView({ block: 'nearest' });
  }, [isNews]);
  if (!problem) return null;
  return (
    <div className="line-problem" ref={shown}>
      <p>{problem.reason}</p>
      {problem.remedy && <p className="line-remedy">{problem.remedy}</p>}
      {kind !== 'audio' && text !== '' && (
        <div className="line-fixes">
          <Button size="compact-sm" variant="default" onClick={() => void tell(kind, text)}>
            {t('said.tryAgain')}
          </Button>
          {kind === 'chat' && (
            <Button size="compact-sm" variant="default" onClick={() => useStudio.setState({ modelOpen: true })}>
              {t('model.setUp')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

const DAY_MS = 86_400_000;

/** When it was asked for; with the day where that is not today. */
function Moment({ line }: { line: Line }) {
  const language = usePreferences((s) => s.language);
  const at = new Date(performance.timeOrigin + line.sentAtMs);
  const recent = Date.now() - at.getTime() < DAY_MS;
  return (
    <time className="line-time" dateTime={at.toISOString()}>
      {momentFormat(language, recent).format(at)}
    </time>
  );
}

const momentFormats = new Map<string, Intl.DateTimeFormat>();

/** One for all lines: each holds tables of its language. */
function momentFormat(language: Language, recent: boolean): Intl.DateTimeFormat {
  const key = `${language} ${recent}`;
  const format =
    momentFormats.get(key) ??
    new Intl.DateTimeFormat(htmlLanguage[language], { timeStyle: 'short', ...(!recent && { dateStyle: 'medium' }) });
  momentFormats.set(key, format);
  return format;
}

function Actions({ line, words }: { line: Line; words: string }) {
  const { t } = useTranslation('chat');
  const { kind, text } = line;
  if (kind === 'audio') return null;
  return (
    <span className="line-actions">
      <Copy text={words || text} />
      {kind === 'chat' && words !== '' && (
        <RowButton icon="volume" label={t('said.again')} onClick={() => void tell('echo', words)} />
      )}
      {text !== '' && (
        <>
          <RowButton icon="pencil" label={t('said.edit')} onClick={() => editAgain(kind, text)} />
          <RowButton
            icon="again"
            label={t(kind === 'chat' ? 'said.askAgain' : 'said.again')}
            onClick={() => void tell(kind, text)}
          />
        </>
      )}
    </span>
  );
}

const Dots = () => (
  <span className="dots" aria-hidden="true">
    <i />
    <i />
    <i />
  </span>
);

const COPIED_MS = 1_600;

function Copy({ text }: { text: string }) {
  const { t } = useTranslation('chat');
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    if (!(await copyText(text))) return;
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <RowButton
      icon={copied ? 'check' : 'copy'}
      label={t(copied ? 'said.copied' : 'said.copy')}
      onClick={() => void copy()}
    />
  );
}
