import { CloseButton, TextInput } from '@mantine/core';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';

/** Finds as it is typed. The first Esc empties it, the second closes the drawer. */
export function SearchField(props: {
  label: string;
  className?: string | undefined;
  /** Whoever opens the drawer begins here; who only comes by with the arrows of the tabs goes on. */
  first?: boolean;
  value: string;
  onChange(words: string): void;
  onKeyDown?(event: KeyboardEvent): void;
}) {
  const { t } = useTranslation('library');
  return (
    <TextInput
      {...(props.className && { className: props.className })}
      data-autofocus={props.first || undefined}
      data-own-escape={props.value !== ''}
      aria-label={props.label}
      placeholder={props.label}
      spellCheck={false}
      autoComplete="off"
      value={props.value}
      leftSection={<Icon name="search" size={16} />}
      rightSection={
        props.value !== '' && (
          <CloseButton size="sm" aria-label={t('library.clearSearch')} onClick={() => props.onChange('')} />
        )
      }
      onChange={(e) => props.onChange(e.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Escape' && props.value !== '') {
          event.preventDefault();
          props.onChange('');
        } else props.onKeyDown?.(event);
      }}
    />
  );
}
