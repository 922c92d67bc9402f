import { Button, Group, Modal, PasswordInput, Radio, Select, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { choosePresenter } from '../../store/actions';
import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { changeSettings, loadSettings, useSettings } from './settings-store';

type Voice = 'auto' | 'espeak';

/** The first start of the desktop app: three choices that have good defaults already, and one click past them. */
export default function FirstRun({ onDone }: { onDone(): void }) {
  const { t } = useTranslation('desktop');
  const language = usePreferences((s) => s.language);
  const avatars = useStudio((s) => s.avatars);
  const rows = useSettings((s) => s.rows);
  const problems = useSettings((s) => s.problems);
  const [presenter, setPresenter] = useState<string | null>(null);
  const [voice, setVoice] = useState<Voice>('auto');
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => void loadSettings(), []);
  const rowOf = (name: string) => rows.find((row) => row.name === name);
  const free = (name: string) => rowOf(name)?.locked === undefined;

  const start = async () => {
    setBusy(true);
    const changes = {
      ...(voice !== 'auto' && free('tts') && { tts: voice }),
      ...(key.trim() !== '' && free('dashscope_api_key') && { dashscope_api_key: key.trim() }),
    };
    const saved = Object.keys(changes).length === 0 || (await changeSettings(changes));
    setBusy(false);
    if (!saved) return;
    if (presenter !== null && presenter !== avatars?.default) choosePresenter(presenter);
    onDone();
  };

  const refused = problems.tts ?? problems.dashscope_api_key;
  return (
    <Modal
      opened
      onClose={onDone}
      title={t('guide.title')}
      withCloseButton={false}
      closeOnClickOutside={false}
      centered
      radius={14}
      size={520}
    >
      <Stack gap="lg">
        <Text size="sm">{t('guide.lead')}</Text>
        <Select
          label={t('guide.presenter')}
          description={t('guide.presenterHelp')}
          data={(avatars?.avatars ?? []).map(({ id, name }) => ({ value: id, label: name[language] ?? name.en ?? id }))}
          value={presenter ?? avatars?.default ?? null}
          allowDeselect={false}
          onChange={setPresenter}
        />
        <Radio.Group
          label={t('guide.voice')}
          description={t('guide.voiceHelp')}
          value={free('tts') ? voice : rowOf('tts')?.value === 'espeak' ? 'espeak' : 'auto'}
          onChange={(value) => setVoice(value as Voice)}
        >
          <Stack gap={6} mt={6}>
            <Radio value="auto" label={t('guide.voiceAuto')} disabled={!free('tts')} />
            <Radio value="espeak" label={t('guide.voiceOffline')} disabled={!free('tts')} />
          </Stack>
        </Radio.Group>
        <PasswordInput
          label={t('guide.key')}
          description={t('guide.keyHelp')}
          autoComplete="off"
          disabled={!free('dashscope_api_key')}
          value={key}
          onChange={(e) => setKey(e.currentTarget.value)}
        />
        {refused !== undefined && (
          <Text role="alert" size="sm" c="var(--mantine-color-error)">
            {refused || t('guide.failed')}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="subtle" color="gray" onClick={onDone}>
            {t('guide.skip')}
          </Button>
          <Button loading={busy} onClick={() => void start()} data-autofocus>
            {t('guide.start')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
