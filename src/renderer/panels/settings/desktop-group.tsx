import { Button, Switch, Text, TextInput, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DesktopState, Hotkey, PreferenceChanges } from '../../../preload/bridge';
import { useStudio } from '../../store/studio';
import { toastError } from '../../store/toasts';
import { acceleratorOf, showAccelerator } from './hotkey-keys';
import classes from './settings.module.css';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const HOTKEYS = ['interrupt', 'record', 'nextLine'] as const;
const SWITCHES = ['feedOnTop', 'notify', 'closeToTray'] as const;

/** What only the desktop app has. It is kept by the shell, not by the server. */
export function DesktopGroup() {
  const { t } = useTranslation(['desktop', 'settings']);
  const [state, setState] = useState<DesktopState | null>(null);
  const session = useStudio((s) => s.connection.sessionId);
  useEffect(() => void window.herald?.desktop().then(setState), []);
  if (!state) return null;
  const change = (changes: PreferenceChanges) =>
    void window.herald?.changeDesktop(changes).then(setState, (error) => toastError('desktop.failed', error));
  const { preferences, takenHotkeys, safeStorage } = state;
  return (
    <section aria-label={t('settings:settings.group.desktop')}>
      <Title order={3} size="h5" mb="sm">
        {t('settings:settings.group.desktop')}
      </Title>
      <div className={classes.field}>
        <Text fw={560} size="sm">
          {t('desktop.hotkeys')}
        </Text>
        <Text size="xs" c="dimmed">
          {t('desktop.hotkeysHelp')}
        </Text>
        {HOTKEYS.map((hotkey) => (
          <HotkeyField
            key={hotkey}
            hotkey={hotkey}
            keys={preferences.hotkeys[hotkey]}
            taken={takenHotkeys.includes(hotkey)}
            onChange={(keys) => change({ hotkeys: { [hotkey]: keys } })}
          />
        ))}
      </div>
      {SWITCHES.map((name) => (
        <div className={classes.field} key={name}>
          <Switch
            label={t(`desktop.${name}`)}
            description={t(`desktop.${name}Help`)}
            checked={preferences[name]}
            onChange={(e) => change({ [name]: e.currentTarget.checked })}
          />
        </div>
      ))}
      <div className={classes.field}>
        <Button variant="default" w="fit-content" onClick={() => void window.herald?.openFeed(session)}>
          {t('desktop.openFeed')}
        </Button>
        <Text size="xs" c="dimmed">
          {t(safeStorage ? 'desktop.safeStorage' : 'desktop.noSafeStorage')}
        </Text>
      </div>
    </section>
  );
}

function HotkeyField(props: { hotkey: Hotkey; keys: string; taken: boolean; onChange(keys: string): void }) {
  const { t } = useTranslation('desktop');
  const { hotkey, keys, taken, onChange } = props;
  const [bare, setBare] = useState(false);
  return (
    <TextInput
      label={t(`desktop.hotkey.${hotkey}`)}
      value={keys === '' ? t('desktop.hotkeyOff') : showAccelerator(keys, isMac)}
      readOnly
      error={bare ? t('desktop.hotkeyBare') : taken && t('desktop.hotkeyTaken')}
      onBlur={() => setBare(false)}
      onKeyDown={(event) => {
        // Tab leaves the field and Esc the dialog, as anywhere.
        const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
        if (plain && (event.key === 'Tab' || event.key === 'Escape')) return;
        event.preventDefault();
        event.stopPropagation();
        if (plain && event.key === 'Backspace') return onChange('');
        const pressed = acceleratorOf(event.nativeEvent);
        setBare(pressed === 'bare');
        if (pressed !== undefined && pressed !== 'bare') onChange(pressed);
      }}
    />
  );
}
