import { Button, Code, Kbd, Menu, Popover, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../components/format';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';
import { useNow } from '../../components/use-now';
import { performanceThumbnailUrl } from '../../rtc/studio-api';
import { setMode } from '../../store/actions';
import { actProgress, keyOfPlace } from '../../store/stagecraft';
import { useStudio } from '../../store/studio';
import { learnSession } from '../../store/studio-actions';
import classes from './performances.module.css';

/** What the presenter can put on: tiles to choose from, how far the one on stage has come, and its end. */
export function Performances() {
  const { t } = useTranslation('performances');
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const sessionId = useStudio((s) => s.connection.sessionId);
  const performances = useStudio((s) => s.session?.performances) ?? [];
  const act = useStudio((s) => s.act);
  const running = performances.find((one) => one.audiotype === act?.audiotype);
  const name = act ? (running?.name ?? t('perform.unnamed', { number: act.audiotype })) : null;
  const label = name ? t('perform.running', { name }) : t('perform.button');
  const learn = () => sessionId !== null && void learnSession(sessionId);
  const button = (
    <Button
      variant="default"
      className={classes.button}
      aria-label={label}
      title={label}
      disabled={!connected}
      justify="flex-start"
      leftSection={<Icon name="perform" size={17} />}
      rightSection={act === null && <Icon name="chevron" size={16} />}
    >
      <span className={classes.name}>{name ?? t('perform.button')}</span>
    </Button>
  );
  // Nothing to choose from is no menu: it is told.
  if (performances.length === 0) {
    return (
      <div className={classes.perform}>
        <Popover position="top" offset={18} width={300} trapFocus returnFocus onOpen={learn}>
          <Popover.Target>{button}</Popover.Target>
          <Popover.Dropdown aria-label={t('perform.title')}>
            <Text size="sm" c="dimmed">
              {t('perform.none')} <Code>--customvideo_config FILE</Code>
            </Text>
          </Popover.Dropdown>
        </Popover>
      </div>
    );
  }
  return (
    <div className={classes.perform} data-running={act !== null}>
      <Menu
        position="top"
        offset={18}
        withInitialFocusPlaceholder={false}
        alignItemsLabels="none"
        checkIcon={<Icon name="check" size={16} />}
        width={356}
        onOpen={learn}
      >
        <Menu.Target>{button}</Menu.Target>
        <Menu.Dropdown aria-label={t('perform.title')} className={classes.menu}>
          <Menu.Label>{t('perform.title')}</Menu.Label>
          <div className={classes.tiles}>
            {performances.map(({ audiotype, name: title, durationMs, loop }, place) => {
              const on = audiotype === act?.audiotype;
              return (
                <Menu.RadioItem
                  key={audiotype}
                  value={String(audiotype)}
                  checked={on}
                  closeMenuOnClick
                  className={classes.tile}
                  // The one on stage ends; another takes its place.
                  onClick={() => void setMode(on ? 0 : audiotype)}
                >
                  <span className={classes.still}>
                    <Still audiotype={audiotype} on={on} />
                    {keyOfPlace(place) && <Kbd className={classes.key}>{keyOfPlace(place)}</Kbd>}
                  </span>
                  <span className={classes.title}>{title}</span>
                  <span className={classes.length}>
                    {loop ? t('perform.loop') : durationMs === undefined ? '' : formatDuration(durationMs)}
                  </span>
                </Menu.RadioItem>
              );
            })}
          </div>
          <Text size="xs" c="dimmed" className={classes.foot}>
            {t('perform.keys')}
          </Text>
        </Menu.Dropdown>
      </Menu>
      {act && (
        <span className={classes.stop}>
          <IconButton
            small
            icon="stop"
            label={t('perform.stop', { name: name ?? '' })}
            onClick={() => void setMode(0)}
          />
        </span>
      )}
      {act && <Progress />}
    </div>
  );
}

/** Its first picture, where the server can make one. */
function Still({ audiotype, on }: { audiotype: number; on: boolean }) {
  const avatar = useStudio((s) => s.session?.avatar);
  const [missing, setMissing] = useState(false);
  return (
    <>
      {avatar !== undefined && !missing && (
        <img src={performanceThumbnailUrl(avatar, audiotype)} alt="" onError={() => setMissing(true)} />
      )}
      <span className={classes.mark} data-bare={missing}>
        <Icon name={on ? 'stop' : 'play'} size={16} />
      </span>
    </>
  );
}

function Progress() {
  const { t } = useTranslation('performances');
  const act = useStudio((s) => s.act);
  const performances = useStudio((s) => s.session?.performances);
  const nowMs = useNow(true, 250);
  const running = performances?.find((one) => one.audiotype === act?.audiotype);
  const share = act?.startedAtMs == null ? null : actProgress(act.startedAtMs, running, nowMs);
  return (
    <span
      className={classes.progress}
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
