import './words';
import { Button, Loader, Tabs } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { DrawerFrame } from '../../components/drawer-frame';
import { Icon } from '../../components/icon';
import tabs from '../../components/panel-tabs.module.css';
import { useWhileSeen } from '../../components/use-while-seen';
import { Notice } from '../library/notice';
import { Outputs } from '../outputs/outputs';
import { Access } from './access';
import { Connect } from './connect';
import { LogView } from './log-view';
import { Overview } from './overview';
import { closeServer, SERVER_TABS, type ServerTab, useServerPanel } from './panel-state';
import classes from './server.module.css';
import { learnServer, refreshServer, useServer } from './server-store';
import { Sessions } from './sessions';

const EVERY_MS = 1_000;

/** How the server is and how it is reached. */
export default function Drawer() {
  const { t } = useTranslation('server');
  const wanted = useServerPanel((s) => s.open);
  const tab = useServerPanel((s) => s.tab);
  useEffect(() => {
    if (!wanted) return;
    // The charts begin anew: a minute with a hole in it would be a lie.
    useServer.setState({ samples: [] });
    void learnServer();
  }, [wanted]);
  useWhileSeen(wanted, refreshServer, EVERY_MS);
  return (
    <DrawerFrame
      wanted={wanted}
      close={closeServer}
      title={t('server.title')}
      size={{ width: 'min(720px, 94vw)', height: '92dvh' }}
      testId="server-panel"
    >
      <Tabs
        className={classes.tabs}
        value={tab}
        onChange={(value) => useServerPanel.setState({ tab: value as ServerTab })}
        keepMounted={false}
      >
        <Tabs.List className={classes.tabList} aria-label={t('server.tabs')}>
          {SERVER_TABS.map((value) => (
            <Tabs.Tab key={value} value={value} className={tabs.tab}>
              {t(`server.tab.${value}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {SERVER_TABS.map((value) => (
          <Tabs.Panel key={value} value={value} className={classes.tabPanel} data-tab={value}>
            <Content tab={value} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </DrawerFrame>
  );
}

function Content({ tab }: { tab: ServerTab }) {
  const { t } = useTranslation(['server', 'common']);
  // One by one: the state changes every second, and what stands in the tabs reads its own share of it.
  const state = useServer((s) => s.state);
  const problem = useServer((s) => s.problem);
  const scope = useServer((s) => s.scope);
  if (state === 'loading' || (scope === null && state === 'ready')) {
    return (
      <div className={classes.middle} role="status">
        <Loader size={28} />
        <p>{t('server.loading')}</p>
      </div>
    );
  }
  if (state === 'failed') {
    return (
      <div className={classes.middle} role="alert">
        <Icon name="alert" size={30} />
        <strong>{t('server.failed')}</strong>
        <p>{problem || t('common:error.network')}</p>
        <Button variant="default" onClick={() => void refreshServer()}>
          {t('common:action.retryNow')}
        </Button>
      </div>
    );
  }
  if (scope !== 'admin' && (tab === 'access' || tab === 'log')) {
    return <Notice icon="alert" title={t('server.adminOnly')} words={t('server.limitedHint')} />;
  }
  return (
    <>
      {state === 'stale' && (
        <p className={classes.stale} role="alert">
          {t('server.stale')}
        </p>
      )}
      {scope !== null && scope !== 'admin' && tab === 'overview' && (
        <div className={classes.limited} role="note">
          <strong>{t('server.limited', { scope: t(`server.scope.${scope}`) })}</strong>
          <p>{t('server.limitedHint')}</p>
        </div>
      )}
      {tab === 'overview' && <Overview />}
      {tab === 'sessions' && <Sessions />}
      {tab === 'outputs' && <Outputs />}
      {tab === 'access' && <Access />}
      {tab === 'log' && <LogView />}
      {tab === 'connect' && <Connect />}
    </>
  );
}
