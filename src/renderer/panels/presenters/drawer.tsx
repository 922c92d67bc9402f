import { Drawer as Frame, Tabs } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ComponentType, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDrawerKeys } from '../../components/use-drawer-keys';
import { CAST_TABS, type CastTab, closeCast, useCast } from '../../store/cast';
import classes from './cast.module.css';
import { Gallery } from './gallery';
import { Lips } from './lips';
import { Voices } from './voices';

const NARROW = '(max-width: 760px)';

const PANELS: Record<CastTab, ComponentType> = { presenters: Gallery, lips: Lips, voices: Voices };

/**
 * Who can appear and speak, beside the stage and not over it: what is chosen here is seen there at once. At the foot of a
 * narrow screen, where it leaves the stage above it in sight.
 */
export default function Drawer() {
  const { t } = useTranslation(['presenters', 'common']);
  const wanted = useCast((s) => s.open);
  const tab = useCast((s) => s.tab);
  // It remembers where the focus was when it opens, so it has to be there before.
  const [opened, setOpened] = useState(false);
  useEffect(() => setOpened(wanted), [wanted]);
  const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  useDrawerKeys(opened, closeCast);
  return (
    <Frame.Root
      opened={opened}
      onClose={closeCast}
      position={narrow ? 'bottom' : 'right'}
      size={narrow ? '60dvh' : 'clamp(400px, 37vw, 560px)'}
      closeOnEscape={false}
      shadow="xl"
      classNames={{ content: classes.drawer }}
      transitionProps={{ duration: 160 }}
    >
      {/* Takes the press that closes, and dims nothing. */}
      <Frame.Overlay backgroundOpacity={0} />
      <Frame.Content onKeyDown={(event) => event.stopPropagation()}>
        <div className={classes.header}>
          <Frame.Title component="h2" className={classes.title}>
            {t('cast.title')}
          </Frame.Title>
          <Frame.CloseButton size={38} iconSize={20} aria-label={t('common:action.close')} />
        </div>
        <Frame.Body className={classes.body}>
          <Tabs
            value={tab}
            keepMounted={false}
            classNames={{ root: classes.tabs, list: classes.tabList, tab: classes.tab, panel: classes.panel }}
            onChange={(value) => {
              const chosen = CAST_TABS.find((one) => one === value);
              if (chosen) useCast.setState({ tab: chosen });
            }}
          >
            <Tabs.List aria-label={t('cast.title')} grow>
              {CAST_TABS.map((one) => (
                <Tabs.Tab key={one} value={one} data-autofocus={(one === tab && one !== 'voices') || undefined}>
                  {t(`cast.tab.${one}`)}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {CAST_TABS.map((one) => {
              const Panel = PANELS[one];
              return (
                <Tabs.Panel key={one} value={one}>
                  <Panel />
                </Tabs.Panel>
              );
            })}
          </Tabs>
        </Frame.Body>
      </Frame.Content>
    </Frame.Root>
  );
}
