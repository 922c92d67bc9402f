import { useState } from 'react';
import { Icon } from '../components/icon';
import { MenuButton } from '../components/menu-button';
import type { Language } from '../i18n/translate';
import { useTranslate } from '../i18n/use-translate';
import { portraitUrl } from '../rtc/studio-api';
import { choosePresenter } from '../store/actions';
import { usePreferences } from '../store/preferences';
import { useStudio } from '../store/studio';
import { learnAvatars } from '../store/studio-actions';

/** Who is on stage, and who else could be. */
export function PresenterPicker() {
  const t = useTranslate();
  const language = usePreferences((s) => s.language);
  const chosen = usePreferences((s) => s.avatar);
  const listing = useStudio((s) => s.avatars);
  const onStage = useStudio((s) => s.session?.avatar);
  const taping = useStudio((s) => s.taping !== null);
  const current = onStage ?? chosen ?? listing?.default;
  const avatars = listing?.avatars ?? [];
  const shown = avatars.find(({ id }) => id === current);
  const name = shown ? nameOf(shown.name, shown.id, language) : (current ?? t('presenter.unknown'));
  return (
    <MenuButton
      className="quiet-button presenter-button"
      label={t('presenter.button', { name })}
      menuLabel={t('presenter.title')}
      menuClassName="presenter-menu"
      onOpen={() => void learnAvatars()}
      button={
        <>
          <Portrait id={shown?.thumbnail ? shown.id : null} />
          <span className="presenter-name">{name}</span>
          <Icon name="chevron" size={16} />
        </>
      }
    >
      {(close) => (
        <>
          <h2>{t('presenter.title')}</h2>
          {!listing && <p className="menu-empty">{t('presenter.unlisted')}</p>}
          {avatars.map((avatar) => (
            <button
              key={avatar.id}
              type="button"
              role="menuitemradio"
              aria-checked={avatar.id === current}
              className="menu-item presenter-item"
              onClick={() => {
                if (avatar.id !== current) choosePresenter(avatar.id === listing?.default ? null : avatar.id);
                close();
              }}
            >
              <Portrait id={avatar.thumbnail ? avatar.id : null} large />
              <span className="presenter-words">
                <span className="menu-name">{nameOf(avatar.name, avatar.id, language)}</span>
                <span className="menu-detail">
                  {t(`presenter.kind.${avatar.kind}`)} · {avatar.widthPx} × {avatar.heightPx}
                </span>
              </span>
              {avatar.id === current && <Icon name="check" size={18} />}
            </button>
          ))}
          {listing?.problems.map(({ id, message }) => (
            <button key={id} type="button" role="menuitem" aria-disabled="true" className="menu-item presenter-item">
              <span className="portrait large" data-broken="true">
                <Icon name="alert" size={20} />
              </span>
              <span className="presenter-words">
                <span className="menu-name">{id}</span>
                <span className="presenter-problem">{message}</span>
              </span>
            </button>
          ))}
          {taping && <p className="menu-foot">{t('presenter.endsRecording')}</p>}
        </>
      )}
    </MenuButton>
  );
}

const nameOf = (names: Record<string, string>, id: string, language: Language): string =>
  names[language] ?? names.en ?? Object.values(names)[0] ?? id;

function Portrait({ id, large = false }: { id: string | null; large?: boolean }) {
  const [missing, setMissing] = useState<string | null>(null);
  return (
    <span className={large ? 'portrait large' : 'portrait'}>
      {id !== null && missing !== id ? (
        <img src={portraitUrl(id)} alt="" onError={() => setMissing(id)} />
      ) : (
        <Icon name="person" size={large ? 22 : 16} />
      )}
    </span>
  );
}
