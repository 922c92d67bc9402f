import { formatDuration } from '../../components/format';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';
import { MenuButton } from '../../components/menu-button';
import { useNow } from '../../components/use-now';
import { useTranslate } from '../../i18n/use-translate';
import { setMode } from '../../store/actions';
import { actProgress, keyOfPlace } from '../../store/stagecraft';
import { useStudio } from '../../store/studio';
import { learnSession } from '../../store/studio-actions';

/** What the presenter can put on: the menu of performances, how far the one on stage has come, and its end. */
export function Performances() {
  const t = useTranslate();
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const sessionId = useStudio((s) => s.connection.sessionId);
  const performances = useStudio((s) => s.session?.performances) ?? [];
  const act = useStudio((s) => s.act);
  const running = performances.find((one) => one.audiotype === act?.audiotype);
  const name = act ? (running?.name ?? t('perform.unnamed', { number: act.audiotype })) : null;
  return (
    <div className="perform" data-running={act !== null}>
      <MenuButton
        className="outline-button perform-button"
        label={name ? t('perform.running', { name }) : t('perform.button')}
        menuLabel={t('perform.title')}
        menuClassName="perform-menu"
        disabled={!connected}
        onOpen={() => sessionId !== null && void learnSession(sessionId)}
        button={
          <>
            <Icon name="perform" size={18} />
            <span className="perform-name">{name ?? t('perform.button')}</span>
            {act === null && <Icon name="chevron" size={16} />}
          </>
        }
      >
        {(close) => (
          <>
            <h2>{t('perform.title')}</h2>
            {performances.length === 0 && (
              <p className="menu-empty">
                {t('perform.none')} <code>--customvideo_config FILE</code>
              </p>
            )}
            {performances.map(({ audiotype, name: title, durationMs, loop }, place) => (
              <button
                key={audiotype}
                type="button"
                role="menuitemradio"
                aria-checked={audiotype === act?.audiotype}
                className="menu-item"
                onClick={() => {
                  // The one on stage ends; another takes its place.
                  void setMode(audiotype === act?.audiotype ? 0 : audiotype);
                  close();
                }}
              >
                <Icon name={audiotype === act?.audiotype ? 'stop' : 'play'} size={16} />
                <span className="menu-name">{title}</span>
                <span className="menu-detail">
                  {loop ? t('perform.loop') : durationMs === undefined ? '' : formatDuration(durationMs)}
                </span>
                {keyOfPlace(place) && <kbd>{keyOfPlace(place)}</kbd>}
              </button>
            ))}
            <p className="menu-foot">{t('perform.keys')}</p>
          </>
        )}
      </MenuButton>
      {act && (
        <IconButton small icon="stop" label={t('perform.stop', { name: name ?? '' })} onClick={() => void setMode(0)} />
      )}
      {act && <Progress />}
    </div>
  );
}

function Progress() {
  const t = useTranslate();
  const act = useStudio((s) => s.act);
  const performances = useStudio((s) => s.session?.performances);
  const nowMs = useNow(true, 100);
  const running = performances?.find((one) => one.audiotype === act?.audiotype);
  const share = act?.startedAtMs == null ? null : actProgress(act.startedAtMs, running, nowMs);
  return (
    <span
      className="perform-progress"
      role="progressbar"
      aria-label={t('perform.progress')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.round(share * 100)}
      data-busy={share === null}
    >
      <i style={{ width: `${(share ?? 1) * 100}%` }} />
    </span>
  );
}
