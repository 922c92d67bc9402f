import { ActionIcon, Badge, Code, Text, Tooltip } from '@mantine/core';
import { Check, RotateCcw } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { SettingRow } from '../../../shared/settings-protocol';
import type { Language } from '../../i18n/language';
import { usePreferences } from '../../store/preferences';
import { lockedReason } from './locked-reason';
import { describe, inWords } from './search';
import { SettingControl } from './setting-control';
import classes from './settings.module.css';
import { changeSettings, useSettings } from './settings-store';

/** One setting: what it is called, its field, what it does, and how it stands with what was last typed. */
export function SettingField({ row }: { row: SettingRow }) {
  const { t } = useTranslation('settings');
  const language = usePreferences((s) => s.language);
  const problem = useSettings((s) => s.problems[row.name]);
  const mark = useSettings((s) => s.marks[row.name]);
  const id = useId();
  const { label, help } = describe(row, language);
  const change = (value: unknown) => void changeSettings({ [row.name]: value });
  const resettable = row.source === 'settings.json' && row.locked === undefined && !row.secret;
  const wrong = problem !== undefined;
  const locked = lockedReason(row, t);
  return (
    <div className={classes.field} data-testid={`setting-${row.name}`}>
      <div className={classes.heading}>
        <Text component="span" fw={560} size="sm">
          {label}
        </Text>
        <Code className={classes.name}>{row.name}</Code>
        <span className={classes.marks}>
          {mark === 'saving' && <Text size="xs">{t('settings.saving')}</Text>}
          {mark === 'applied' && !row.waits && (
            <Badge color="teal" variant="light" leftSection={<Check size={12} />} tt="none" fw={560}>
              {t('settings.applied')}
            </Badge>
          )}
          {row.waits ? (
            <Badge color="yellow" variant="light" tt="none" fw={560}>
              {t('settings.waits')}
            </Badge>
          ) : (
            row.applies === 'next start' &&
            mark !== 'applied' && (
              <Text size="xs" c="dimmed">
                {t('settings.nextStart')}
              </Text>
            )
          )}
          {resettable && (
            <Tooltip label={t('settings.reset')}>
              <ActionIcon size={24} aria-label={t('settings.resetOf', { label })} onClick={() => change(null)}>
                <RotateCcw size={14} />
              </ActionIcon>
            </Tooltip>
          )}
        </span>
      </div>
      <SettingControl
        row={row}
        label={label}
        describedBy={`${id}-help ${id}-problem`}
        invalid={wrong}
        onChange={change}
      />
      <Text id={`${id}-help`} size="xs" c="dimmed">
        {help}
        {row.unit && ` · ${inWords(row.unit, language)}`}
        {range(row)}
        {!row.secret && ` · ${t('settings.default', { value: defaultOf(row, language, t) })}`}
      </Text>
      {locked !== undefined && (
        <Text size="xs" c="dimmed" fs="italic">
          {locked}
        </Text>
      )}
      <Text id={`${id}-problem`} role="alert" size="xs" c="var(--mantine-color-error)" fw={560}>
        {wrong && (problem || t('settings.denied'))}
      </Text>
    </div>
  );
}

function range({ min, max }: SettingRow): string {
  if (min === undefined && max === undefined) return '';
  const bound = (value: number | undefined) => value?.toLocaleString('en') ?? '';
  return ` · ${bound(min)}–${bound(max)}`;
}

type Say = (key: 'settings.none' | 'settings.on' | 'settings.off') => string;

function defaultOf(row: SettingRow, language: Language, t: Say): string {
  if (row.defaultText) return inWords(row.defaultText, language);
  const value = row.default;
  if (value === null || (Array.isArray(value) && value.length === 0)) return t('settings.none');
  if (typeof value === 'boolean') return t(value ? 'settings.on' : 'settings.off');
  return Array.isArray(value) ? value.join(', ') : String(value);
}
