import {
  Autocomplete,
  Button,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SettingRow } from '../../../shared/settings-protocol';
import { usePreferences } from '../../store/preferences';
import { inWords } from './search';

export interface ControlProps {
  row: SettingRow;
  label: string;
  /** Ids of the help and of what is wrong, for screen readers. */
  describedBy: string;
  invalid: boolean;
  onChange(value: unknown): void;
}

/** Texts that run over more than a line. */
const LONG = new Set(['llm_system_prompt', 'llm_extra_body', 'REF_TEXT']);
/** Values that a free text usually has. */
export const SUGGESTIONS: Readonly<Record<string, readonly string[]>> = {
  tts: [
    ...['auto', 'espeak', 'local', 'edgetts', 'gpt-sovits', 'xtts', 'cosyvoice', 'fishtts', 'indextts2', 'openai'],
    ...['azure', 'tencent', 'doubao', 'qwen'],
  ],
};

/** The field of one setting, by its kind. Choices count at once, what is typed when it is finished. */
export function SettingControl(props: ControlProps) {
  const { row, label, describedBy, invalid, onChange } = props;
  const common = {
    'aria-label': label,
    'aria-describedby': describedBy,
    disabled: row.locked !== undefined,
    error: invalid,
  };
  if (row.secret) return <SecretControl {...props} />;
  switch (row.kind) {
    case 'boolean':
      return (
        <Switch
          {...common}
          size="md"
          checked={row.value === true}
          onChange={(e) => onChange(e.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <Select
          {...common}
          data={row.choices ?? []}
          value={String(row.value ?? '')}
          allowDeselect={false}
          checkIconPosition="right"
          onChange={(value) => value !== null && onChange(value)}
        />
      );
    case 'number':
      return <NumberControl {...props} />;
    default:
      return <TextControl {...props} />;
  }
}

/** What is typed is a draft until it is left or entered; a value that came from elsewhere replaces it. */
function useDraft(saved: string): [string, (draft: string) => void] {
  const [draft, setDraft] = useState(saved);
  useEffect(() => setDraft(saved), [saved]);
  return [draft, setDraft];
}

const onEnter = (commit: () => void) => (event: KeyboardEvent) => {
  if (event.key === 'Enter' && !event.nativeEvent.isComposing && (event.ctrlKey || event.metaKey || !event.shiftKey)) {
    event.preventDefault();
    commit();
  }
};

function NumberControl({ row, label, describedBy, invalid, onChange }: ControlProps) {
  const saved = row.value === null ? '' : String(row.value);
  const [draft, setDraft] = useDraft(saved);
  const commit = () => {
    if (draft === saved) return;
    onChange(draft === '' ? null : Number(draft));
  };
  return (
    <NumberInput
      aria-label={label}
      aria-describedby={describedBy}
      disabled={row.locked !== undefined}
      error={invalid}
      value={draft}
      // Out of range is told, not silently made to fit.
      clampBehavior="none"
      {...(row.min !== undefined && { min: row.min })}
      {...(row.max !== undefined && { max: row.max })}
      step={row.integer ? 1 : 0.1}
      allowDecimal={row.integer !== true}
      onChange={(value) => setDraft(String(value))}
      onBlur={commit}
      onKeyDown={onEnter(commit)}
    />
  );
}

function TextControl({ row, label, describedBy, invalid, onChange }: ControlProps) {
  const { t } = useTranslation('settings');
  const language = usePreferences((s) => s.language);
  const isList = row.kind === 'list';
  const saved = Array.isArray(row.value) ? row.value.join(', ') : String(row.value ?? '');
  const [draft, setDraft] = useDraft(saved);
  const commit = () => {
    if (draft === saved) return;
    const text = draft.trim();
    if (text === '') onChange(null);
    else
      onChange(
        isList
          ? text
              .split(',')
              .map((item) => item.trim())
              .filter(Boolean)
          : text,
      );
  };
  const common = {
    'aria-label': label,
    'aria-describedby': describedBy,
    disabled: row.locked !== undefined,
    error: invalid,
    placeholder: isList ? t('settings.list') : inWords(row.defaultText ?? '', language),
    value: draft,
    onBlur: commit,
  };
  if (LONG.has(row.name)) {
    return <Textarea {...common} autosize minRows={2} maxRows={8} onChange={(e) => setDraft(e.currentTarget.value)} />;
  }
  const suggestions = SUGGESTIONS[row.name];
  if (suggestions) {
    return (
      <Autocomplete
        {...common}
        data={[...suggestions]}
        onChange={setDraft}
        onOptionSubmit={(value) => value !== saved && onChange(value)}
        onKeyDown={onEnter(commit)}
      />
    );
  }
  return <TextInput {...common} onChange={(e) => setDraft(e.currentTarget.value)} onKeyDown={onEnter(commit)} />;
}

/** A secret comes in and never out: only whether there is one is known here. */
function SecretControl({ row, label, describedBy, invalid, onChange }: ControlProps) {
  const { t } = useTranslation('settings');
  const [draft, setDraft] = useState('');
  const commit = () => {
    if (draft.trim() === '') return;
    onChange(draft.trim());
    setDraft('');
  };
  const locked = row.locked !== undefined;
  return (
    <Group gap="xs" wrap="nowrap">
      <PasswordInput
        aria-label={label}
        aria-describedby={describedBy}
        disabled={locked}
        error={invalid}
        flex={1}
        autoComplete="off"
        data-1p-ignore
        placeholder={t(row.isSet ? 'settings.secretSet' : 'settings.secretNone')}
        value={draft}
        onChange={(e) => setDraft(e.currentTarget.value)}
        onKeyDown={onEnter(commit)}
      />
      {draft !== '' && (
        <Button aria-label={t('settings.saveOf', { label })} onClick={commit}>
          {t('settings.save')}
        </Button>
      )}
      {draft === '' && row.isSet && !locked && (
        <Button variant="default" aria-label={t('settings.forgetOf', { label })} onClick={() => onChange(null)}>
          {t('settings.forget')}
        </Button>
      )}
    </Group>
  );
}
