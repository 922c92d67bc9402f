import { Icon, type IconName } from '../components/icon';
import { IconButton } from '../components/icon-button';
import { RecordingPill } from '../components/recording-pill';
import { StatusPill } from '../components/status-pill';
import { useTranslate } from '../i18n/use-translate';
import { connect, disconnect } from '../store/actions';
import { openLibrary } from '../store/library-actions';
import { nextTheme, type Theme, usePreferences } from '../store/preferences';
import { useStudio } from '../store/studio';
import { PresenterPicker } from './presenter-picker';

const THEME_ICON: Record<Theme, IconName> = { auto: 'auto', light: 'sun', dark: 'moon' };

export function TopBar() {
  const t = useTranslate();
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
        <button type="button" className="quiet-button library-button" onClick={openLibrary} title={t('library.title')}>
          <Icon name="film" size={18} />
          <span>{t('library.title')}</span>
        </button>
        {desktop && (
          <IconButton icon="external" label={t('action.openInBrowser')} onClick={() => void desktop.openInBrowser()} />
        )}
        <button
          type="button"
          className="quiet-button language"
          aria-label={t('language.switchLabel')}
          lang={language === 'en' ? 'zh-CN' : 'en'}
          onClick={() => usePreferences.setState({ language: language === 'en' ? 'zh' : 'en' })}
        >
          {t('language.switch')}
        </button>
        <IconButton
          icon={THEME_ICON[theme]}
          label={t(`theme.${theme}`)}
          onClick={() => usePreferences.setState({ theme: nextTheme(theme) })}
        />
        <button
          type="button"
          className={on ? 'outline-button connect' : 'primary-button connect'}
          onClick={on ? disconnect : connect}
        >
          <Icon name="plug" size={18} />
          <span>{t(on ? 'action.disconnect' : 'action.connect')}</span>
        </button>
      </div>
    </header>
  );
}
