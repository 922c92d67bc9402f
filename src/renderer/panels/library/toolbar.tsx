import { CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RECORDING_SORTS, type RecordingSort } from '../../../shared/recording-sorts';
import { Icon } from '../../components/icon';
import { useLibrary } from '../../store/library';
import { searchLibrary } from '../../store/library-actions';
import classes from './library.module.css';

/** A search is asked for when the typing pauses. */
const PAUSE_MS = 220;

/** Finds recordings by their words, and puts them in order. */
export function Toolbar() {
  const { t } = useTranslation('library');
  const { query, sort, total } = useLibrary();
  const [typed, setTyped] = useState(query);
  const [asked, setAsked] = useState(query);
  // Cleared from elsewhere.
  if (asked !== query) {
    setAsked(query);
    setTyped(query);
  }
  const field = useRef<HTMLInputElement>(null);
  const ask = useDebouncedCallback((wanted: string) => {
    setAsked(wanted);
    void searchLibrary({ query: wanted });
  }, PAUSE_MS);
  const type = (words: string) => {
    setTyped(words);
    ask(words);
  };
  return (
    <search className={classes.toolbar}>
      <TextInput
        ref={field}
        className={classes.search}
        // The first Esc empties the field, the second closes the drawer.
        data-own-escape={typed !== ''}
        aria-label={t('library.search')}
        placeholder={t('library.searchHint')}
        value={typed}
        maxLength={200}
        leftSection={<Icon name="search" size={16} />}
        rightSection={
          typed !== '' && (
            <CloseButton
              size="sm"
              aria-label={t('library.clearSearch')}
              onClick={() => {
                type('');
                field.current?.focus();
              }}
            />
          )
        }
        onChange={(e) => type(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key !== 'Escape' || typed === '' || e.nativeEvent.isComposing) return;
          e.preventDefault();
          type('');
        }}
      />
      <NativeSelect
        className={classes.sort}
        aria-label={t('library.sort')}
        value={sort}
        onChange={(e) => void searchLibrary({ sort: e.currentTarget.value as RecordingSort })}
        data={RECORDING_SORTS.map((value) => ({ value, label: t(`library.sort.${value}`) }))}
      />
      <span className="visually-hidden" role="status">
        {query === '' ? '' : t('library.found', { count: total })}
      </span>
    </search>
  );
}
