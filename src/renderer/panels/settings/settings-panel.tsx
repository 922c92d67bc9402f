import { Alert, Button, Loader, NavLink, ScrollArea, Stack, Text, TextInput, Title } from '@mantine/core';
import { Search, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SETTING_GROUPS, type SettingGroup } from '../../../shared/setting-groups';
import type { SettingRow } from '../../../shared/settings-protocol';
import { DesktopGroup } from './desktop-group';
import { RestartButton } from './restart-button';
import { findSettings } from './search';
import { SettingField } from './setting-field';
import classes from './settings.module.css';
import { type Group, loadSettings, useSettings } from './settings-store';

const SERVER_GROUPS = Object.keys(SETTING_GROUPS) as SettingGroup[];

/** Every setting of the server, and those of the desktop app: by group, or found by what they are called and do. */
export default function SettingsPanel() {
  const { t } = useTranslation('settings');
  const { state, rows, group, warnings } = useSettings();
  const [query, setQuery] = useState('');
  const searching = query.trim() !== '';
  const groups: Group[] = window.herald ? [...SERVER_GROUPS, 'desktop'] : SERVER_GROUPS;
  return (
    <div className={classes.panel}>
      <div className={classes.side}>
        <TextInput
          type="search"
          aria-label={t('settings.search')}
          placeholder={t('settings.search')}
          leftSection={<Search size={16} />}
          value={query}
          onChange={(e) => setQuery(e.currentTarget.value)}
        />
        <nav className={classes.groups} aria-label={t('settings.groups')}>
          {groups.map((one) => (
            <NavLink
              key={one}
              component="button"
              type="button"
              className={classes.group}
              label={t(`settings.group.${one}`)}
              active={!searching && one === group}
              aria-current={!searching && one === group ? 'true' : undefined}
              onClick={() => {
                setQuery('');
                useSettings.setState({ group: one });
              }}
            />
          ))}
        </nav>
      </div>
      <ScrollArea className={classes.body} viewportProps={{ tabIndex: 0, 'aria-label': t('settings.title') }}>
        {warnings.map((warning) => (
          <Alert key={warning} color="yellow" icon={<TriangleAlert size={18} />} mb="md">
            {warning}
          </Alert>
        ))}
        {!searching && group === 'desktop' ? (
          <DesktopGroup />
        ) : state === 'ready' ? (
          <Rows rows={rows} group={searching ? null : (group as SettingGroup)} query={query} />
        ) : (
          <NotReady />
        )}
      </ScrollArea>
      <Waiting count={rows.filter(({ waits }) => waits).length} />
    </div>
  );
}

function Rows({ rows, group, query }: { rows: readonly SettingRow[]; group: SettingGroup | null; query: string }) {
  const { t } = useTranslation('settings');
  const shown = group ? rows.filter((row) => row.group === group) : findSettings(rows, query);
  if (shown.length === 0) {
    return (
      <Stack align="center" ta="center" py="xl" gap="xs" role="status">
        <Search size={30} aria-hidden="true" />
        <Text fw={600}>{t('settings.nothing', { query })}</Text>
        <Text size="sm" c="dimmed">
          {t('settings.nothingHint')}
        </Text>
      </Stack>
    );
  }
  const groups = SERVER_GROUPS.filter((one) => shown.some((row) => row.group === one));
  return groups.map((one) => (
    <section key={one} aria-label={t(`settings.group.${one}`)}>
      <Title order={3} size="h5" mb="sm">
        {t(`settings.group.${one}`)}
      </Title>
      {shown
        .filter((row) => row.group === one)
        .map((row) => (
          <SettingField key={row.name} row={row} />
        ))}
    </section>
  ));
}

function NotReady() {
  const { t } = useTranslation(['settings', 'common']);
  const { state, problem } = useSettings();
  if (state === 'loading') {
    return (
      <Stack align="center" py="xl" role="status">
        <Loader size="sm" />
        <Text size="sm">{t('settings.loading')}</Text>
      </Stack>
    );
  }
  return (
    <Stack align="center" ta="center" py="xl" role="alert">
      <TriangleAlert size={30} aria-hidden="true" />
      <Text fw={600}>{t('settings.failed')}</Text>
      <Text size="sm" c="dimmed">
        {problem || t('settings.denied')}
      </Text>
      <Button variant="default" onClick={() => void loadSettings()}>
        {t('common:action.retryNow')}
      </Button>
    </Stack>
  );
}

/** What was changed and is not in effect yet. It keeps its place: nothing moves when it appears. */
function Waiting({ count }: { count: number }) {
  const { t } = useTranslation('settings');
  return (
    <div className={classes.foot} role="status">
      {count > 0 && (
        <>
          <Text size="sm">{t('settings.waiting', { count })}</Text>
          <RestartButton size="xs" onRestarted={() => void loadSettings()} />
          {!window.herald && (
            <Text size="sm" c="dimmed">
              {t('settings.restartHint')}
            </Text>
          )}
        </>
      )}
    </div>
  );
}
