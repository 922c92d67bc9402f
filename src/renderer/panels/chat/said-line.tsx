import { memo, useEffect, useRef, useState } from 'react';
import { copyText } from '../../components/copy-text';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';
import { useTranslate } from '../../i18n/use-translate';
import { tell } from '../../store/actions';
import { isOpen, wordsOf } from '../../store/lines';
import type { Line } from '../../store/state';

/** One exchange: a question with its answer, a text, or a file. Drawn anew only when it changes: answers grow many times a second. */
export const SaidLine = memo(function SaidLine({ line }: { line: Line }) {
  const t = useTranslate();
  const { kind, text, state, problem, note } = line;
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
        {problem && (
          <div className="line-problem">
            <p>{problem.reason}</p>
            {problem.remedy && <p className="line-remedy">{problem.remedy}</p>}
          </div>
        )}
        <div className="line-foot">
          <span className="line-state">{t(`said.state.${state}`)}</span>
          {!line.own && <span className="line-foreign">{t('said.foreign')}</span>}
          {kind !== 'audio' && (
            <span className="line-actions">
              <Copy text={words || text} />
              {text !== '' && (
                <IconButton
                  small
                  icon="again"
                  label={t(kind === 'chat' ? 'said.askAgain' : 'said.again')}
                  onClick={() => void tell(kind, text)}
                />
              )}
            </span>
          )}
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

const Dots = () => (
  <span className="dots" aria-hidden="true">
    <i />
    <i />
    <i />
  </span>
);

const COPIED_MS = 1_600;

function Copy({ text }: { text: string }) {
  const t = useTranslate();
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
    <IconButton
      small
      icon={copied ? 'check' : 'copy'}
      label={t(copied ? 'said.copied' : 'said.copy')}
      onClick={() => void copy()}
    />
  );
}
