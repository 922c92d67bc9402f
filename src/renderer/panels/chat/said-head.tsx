import { TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';
import { clearHistory } from '../../store/history';
import { isOpen } from '../../store/lines';
import { useStudio } from '../../store/studio';
import classes from './said-head.module.css';

/** The heading of the conversation, which makes room for a search; and the way to clear it. Both have one height. */
export function SaidHead(props: { query: string; found: number; onQuery(query: string): void }) {
  const { t } = useTranslation('chat');
  const [searching, setSearching] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const any = useStudio((s) => s.lines.length > 0);
  const clearable = useStudio((s) => s.lines.some((line) => !isOpen(line)));
  const close = () => {
    props.onQuery('');
    setSearching(false);
    requestAnimationFrame(() => opener.current?.focus());
  };
  if (searching) {
    return (
      <search className={classes.head}>
        <TextInput
          className={classes.search}
          aria-label={t('said.search')}
          placeholder={t('said.search')}
          leftSection={<Icon name="search" size={16} />}
          autoFocus
          value={props.query}
          onChange={(e) => props.onQuery(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key !== 'Escape') return;
            // Here it ends the search; the presenter speaks on.
            e.preventDefault();
            e.stopPropagation();
            close();
          }}
        />
        <span className={classes.found} role="status">
          {props.query.trim() !== '' && t('said.found', { count: props.found })}
        </span>
        <IconButton small icon="close" label={t('said.endSearch')} onClick={close} />
      </search>
    );
  }
  return (
    <div className={classes.head}>
      <h2>{t('said.title')}</h2>
      <IconButton
        small
        ref={opener}
        icon="search"
        label={t('said.search')}
        disabled={!any}
        onClick={() => setSearching(true)}
      />
      <IconButton small icon="trash" label={t('said.clear')} disabled={!clearable} onClick={clearHistory} />
    </div>
  );
}
