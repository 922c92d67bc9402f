import {
  Alert,
  Autocomplete,
  Button,
  Group,
  Loader,
  PasswordInput,
  Select,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SettingRow } from '../../../shared/settings-protocol';
import { changeSettings, listModels, listSettings } from '../../rtc/settings';
import { explain } from '../../store/toasts';
import { learnModel } from '../../store/voice-actions';
import { lockedReason } from '../settings/locked-reason';

const NAMES = ['llm_preset', 'llm_base_url', 'llm_api_key', 'llm_model', 'llm_system_prompt'] as const;
type Name = (typeof NAMES)[number];
type Rows = Partial<Record<Name, SettingRow>>;
type Values = Record<Name, string>;

const EMPTY: Values = { llm_preset: '', llm_base_url: '', llm_api_key: '', llm_model: '', llm_system_prompt: '' };

/** The settings that decide who answers. They are the server's: what is saved here holds for everybody. */
export default function ModelForm() {
  const { t } = useTranslation('chat');
  const { t: settingWords } = useTranslation('settings');
  const [rows, setRows] = useState<Rows | null>(null);
  const [values, setValues] = useState(EMPTY);
  const [models, setModels] = useState<string[]>([]);
  const [problem, setProblem] = useState('');
  const [told, setTold] = useState('');
  const [saving, setSaving] = useState(false);

  useEffect(() => {
    let here = true;
    const shown = (settings: SettingRow[]) => {
      if (!here) return;
      const found = rowsOf(settings);
      setRows(found);
      setValues(valuesOf(found));
    };
    listSettings().then(shown, (error) => here && setProblem(explain(error)));
    // A service that does not list its models still takes a name.
    listModels().then(
      (names) => here && setModels(names),
      () => undefined,
    );
    return () => {
      here = false;
    };
  }, []);

  if (!rows) {
    return problem ? <Alert color="red">{problem}</Alert> : <Loader mx="auto" my="xl" display="block" />;
  }
  const field = (name: Name) => ({
    value: values[name],
    disabled: rows[name]?.locked !== undefined,
    description: lockedReason(rows[name], settingWords),
  });
  const set = (name: Name) => (value: string | null) => {
    setTold('');
    setValues((now) => ({ ...now, [name]: value ?? '' }));
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = changesOf(rows, values);
    setSaving(true);
    setProblem('');
    try {
      const { settings, atNextStart } = await changeSettings(wanted);
      setRows(rowsOf(settings));
      setValues((now) => ({ ...now, llm_api_key: '' }));
      setTold(t(atNextStart.length > 0 ? 'model.waits' : 'model.saved'));
      void learnModel();
      listModels().then(setModels, () => setModels([]));
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setSaving(false);
    }
  };
  return (
    <form onSubmit={(event) => void save(event)}>
      <Stack gap="sm">
        <Group grow align="start">
          <Select
            label={t('model.service')}
            data={rows.llm_preset?.choices ?? []}
            allowDeselect={false}
            {...field('llm_preset')}
            onChange={set('llm_preset')}
          />
          <Autocomplete
            label={t('model.model')}
            placeholder={rows.llm_model?.defaultText}
            data={models}
            {...field('llm_model')}
            onChange={set('llm_model')}
          />
        </Group>
        <TextInput
          label={t('model.url')}
          placeholder={t('model.urlHint')}
          {...field('llm_base_url')}
          onChange={(e) => set('llm_base_url')(e.currentTarget.value)}
        />
        <PasswordInput
          label={t('model.key')}
          placeholder={rows.llm_api_key?.isSet ? t('model.keySet') : ''}
          autoComplete="off"
          {...field('llm_api_key')}
          onChange={(e) => set('llm_api_key')(e.currentTarget.value)}
        />
        <Textarea
          label={t('model.persona')}
          placeholder={t('model.personaHint')}
          autosize
          minRows={4}
          maxRows={10}
          {...field('llm_system_prompt')}
          onChange={(e) => set('llm_system_prompt')(e.currentTarget.value)}
        />
        {problem && (
          <Alert color="red" title={t('model.failed')} role="alert">
            {problem}
          </Alert>
        )}
        <Group justify="space-between">
          <span role="status">{told}</span>
          <Button type="submit" loading={saving} disabled={Object.keys(changesOf(rows, values)).length === 0}>
            {t('model.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const rowsOf = (settings: readonly SettingRow[]): Rows =>
  Object.fromEntries(settings.filter(({ name }) => NAMES.includes(name as Name)).map((row) => [row.name, row]));

const textOf = (value: SettingRow['value'] | undefined): string => (typeof value === 'string' ? value : '');

const valuesOf = (rows: Rows): Values =>
  Object.fromEntries(NAMES.map((name) => [name, textOf(rows[name]?.value)])) as Values;

/** Only what was changed is sent; an emptied field goes back to its default, but a key stays unless another is typed. */
function changesOf(rows: Rows, values: Values): Record<string, string | null> {
  const changes: Record<string, string | null> = {};
  for (const name of NAMES) {
    const value = values[name].trim();
    if (rows[name]?.secret ? value === '' : value === textOf(rows[name]?.value)) continue;
    changes[name] = value === '' ? null : value;
  }
  return changes;
}
