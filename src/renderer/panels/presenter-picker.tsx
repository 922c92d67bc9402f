import { Button, Menu, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from '../components/icon';
import { choosePresenter } from '../store/actions';
import { openCast } from '../store/cast';
import { usePreferences } from '../store/preferences';
import { useStudio } from '../store/studio';
import { learnAvatars } from '../store/studio-actions';
import classes from './presenter-picker.module.css';
import { Portrait } from './presenters/portrait';
import { presenterName } from './presenters/presenter-name';

/** Who is on stage, and who else could be. */
export function PresenterPicker() {
  const { t } = useTranslation(['voices', 'presenters']);
  const language = usePreferences((s) => s.language);
  const chosen = usePreferences((s) => s.avatar);
  const listing = useStudio((s) => s.avatars);
  const onStage = useStudio((s) => s.session?.avatar);
  const taping = useStudio((s) => s.taping !== null);
  const current = onStage ?? chosen ?? listing?.default;
  const avatars = listing?.avatars ?? [];
  const shown = avatars.find(({ id }) => id === current);
  const name = shown ? presenterName(shown, language) : (current ?? t('presenter.unknown'));
  const label = t('presenter.button', { name });
  return (
    <Menu
      position="bottom-start"
      width={330}
      withInitialFocusPlaceholder={false}
      alignItemsLabels="none"
      checkIcon={<Icon name="check" size={18} />}
      onOpen={() => void learnAvatars()}
    >
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          className={classes.button}
          aria-label={label}
          title={label}
          leftSection={<Framed id={shown?.thumbnail ? shown.id : null} />}
          rightSection={<Icon name="chevron" size={16} />}
        >
          <span className={classes.name}>{name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('presenter.title')} className={classes.menu}>
        <Menu.Label>{t('presenter.title')}</Menu.Label>
        {!listing && (
          <Text size="sm" c="dimmed" px="sm" pb="sm">
            {t('presenter.unlisted')}
          </Text>
        )}
        {avatars.map((avatar) => (
          <Menu.RadioItem
            key={avatar.id}
            value={avatar.id}
            checked={avatar.id === current}
            closeMenuOnClick
            className={classes.item}
            onChange={() => choosePresenter(avatar.id === listing?.default ? null : avatar.id)}
          >
            <Framed id={avatar.thumbnail ? avatar.id : null} large />
            <span className={classes.words}>
              <b>{presenterName(avatar, language)}</b>
              <small>
                {t(`presenter.kind.${avatar.kind}`)} · {avatar.widthPx} × {avatar.heightPx}
              </small>
            </span>
          </Menu.RadioItem>
        ))}
        {listing?.problems.map(({ id, message }) => (
          <Menu.Item
            key={id}
            aria-disabled
            closeMenuOnClick={false}
            leftSection={
              <span className={classes.portrait} data-large="true" data-broken="true">
                <Icon name="alert" size={20} />
              </span>
            }
          >
            <span className={classes.words}>
              <b>{id}</b>
              <small data-problem="true">{message}</small>
            </span>
          </Menu.Item>
        ))}
        {taping && (
          <Text size="xs" c="dimmed" px="sm" py="xs">
            {t('presenter.endsRecording')}
          </Text>
        )}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="tune" size={17} />} onClick={() => openCast('presenters')}>
          {t('presenters:cast.manage')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Framed({ id, large = false }: { id: string | null; large?: boolean }) {
  return (
    <span className={classes.portrait} data-large={large}>
      <Portrait id={id} iconPx={large ? 22 : 16} />
    </span>
  );
}
