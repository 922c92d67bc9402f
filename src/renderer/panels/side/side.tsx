import { Tabs } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import tabs from '../../components/panel-tabs.module.css';
import { useStudio } from '../../store/studio';
import classes from './side.module.css';
import { TABS } from './tabs';

/** The panels beside the stage. One that was looked at stays as it was left: drafts, lists and waveforms are kept. */
export function Side() {
  const { t } = useTranslation('common');
  const tab = useStudio((s) => s.sideTab);
  const [seen, setSeen] = useState(new Set([tab]));
  if (!seen.has(tab)) setSeen(new Set([...seen, tab]));
  return (
    <Tabs
      value={tab}
      onChange={(value) => {
        const chosen = TABS.find(({ id }) => id === value);
        if (chosen) useStudio.setState({ sideTab: chosen.id });
      }}
      classNames={{ ...classes, tab: `${tabs.tab} ${classes.tab}`, panel: tabs.panel }}
      // Hidden panels keep playing and loading: `Activity` would stop what they have going on.
      keepMountedMode="display-none"
    >
      <Tabs.List aria-label={t('tab.list')} grow>
        {TABS.map(({ id, label, icon }) => (
          <Tabs.Tab key={id} value={id} leftSection={<Icon name={icon} size={16} />}>
            {t(label)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {TABS.map(({ id, panel: Panel }) => (
        <Tabs.Panel key={id} value={id}>
          <Suspense fallback={null}>{seen.has(id) && <Panel />}</Suspense>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
