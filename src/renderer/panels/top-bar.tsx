import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon, type IconName } from '../components/icon';
import { IconButton } from '../components/icon-button';
import { RecordingPill } from '../components/recording-pill';
import { StatusPill } from '../components/status-pill';
import { connect, disconnect } from '../store/actions';
import { openLibrary } from '../store/library-actions';
import { nextTheme, type Theme, usePreferences } from '../store/preferences';
import { useStudio } from '../store/studio';
import { PresenterPicker } from './presenter-picker';
import { ServerButton } from './server/server-drawer';
import { SettingsButton } from './settings/settings-dialog';

const THEME_ICON: Record<Theme, IconName> = { auto: 'auto', light: 'sun', dark: 'moon' };

export function TopBar() {
  const { t } = useTranslation(['common', 'library']);
  const phase = useStudio((s) => s.connection.phase);
  const { theme, language } = usePreferences();
  const on = phase !== 'offline' && phase !== 'refused';
  const desktop = window.herald;
  return (
    <header className="top-bar">
      <div className="brand">
        <img src={new URL('../icon.svg', import.meta.url).href} alt="" width="26" height="26" />
        <h1>Herald</h1>
        <PresenterPicker />
      </div>
      <div className="pills">
        <StatusPill />
        <RecordingPill />
      </div>
      <div className="top-actions">
        <Button
          variant="subtle"
          color="gray"
          className="library-button"
          leftSection={<Icon name="film" size={18} />}
          aria-label={t('library:library.title')}
          title={t('library:library.title')}
          onClick={openLibrary}
        >
          {t('library:library.title')}
        </Button>
        <ServerButton />
        {desktop && (
          <IconButton icon="external" label={t('action.openInBrowser')} onClick={() => void desktop.openInBrowser()} />
        )}
        <span className="keys-button">
          <IconButton icon="keyboard" label={t('keys.title')} onClick={() => useStudio.setState({ keysOpen: true })} />
        </span>
        <Button
          variant="subtle"
          color="gray"
          className="language"
          aria-label={t('language.switchLabel')}
          lang={language === 'en' ? 'zh-CN' : 'en'}
          onClick={() => usePreferences.setState({ language: language === 'en' ? 'zh' : 'en' })}
        >
          {t('language.switch')}
        </Button>
        <IconButton
          icon={THEME_ICON[theme]}
          label={t(`theme.${theme}`)}
          onClick={() => usePreferences.setState({ theme: nextTheme(theme) })}
        />
        <SettingsButton />
        <Button
          variant={on ? 'default' : 'filled'}
          className="connect"
          leftSection={<Icon name="plug" size={18} />}
          aria-label={t(on ? 'action.disconnect' : 'action.connect')}
          onClick={on ? disconnect : connect}
        >
          {t(on ? 'action.disconnect' : 'action.connect')}
        </Button>
      </div>
    </header>
  );
}
