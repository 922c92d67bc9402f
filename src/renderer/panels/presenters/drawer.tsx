import { Tabs } from '@mantine/core';
import type { ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import { DrawerFrame } from '../../components/drawer-frame';
import tabs from '../../components/panel-tabs.module.css';
import { CAST_TABS, type CastTab, closeCast, useCast } from '../../store/cast';
import classes from './cast.module.css';
import { Gallery } from './gallery';
import { Lips } from './lips';
import { Voices } from './voices';

const PANELS: Record<CastTab, ComponentType> = { presenters: Gallery, lips: Lips, voices: Voices };

/**
 * Who can appear and speak, beside the stage and not over it: what is chosen here is seen there at once. At the foot of a
 * narrow screen, where it leaves the stage above it in sight.
 */
export default function Drawer() {
  const { t } = useTranslation('presenters');
  const wanted = useCast((s) => s.open);
  const tab = useCast((s) => s.tab);
  return (
    <DrawerFrame
      wanted={wanted}
      close={closeCast}
      title={t('cast.title')}
      size={{ width: 'clamp(400px, 37vw, 560px)', height: '60dvh' }}
      besideStage
    >
      <Tabs
        value={tab}
        keepMounted={false}
        classNames={{ root: classes.tabs, list: classes.tabList, tab: tabs.tab, panel: tabs.panel }}
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
    </DrawerFrame>
  );
}
