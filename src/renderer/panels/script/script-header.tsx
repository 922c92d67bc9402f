import { ActionIcon, Menu, TextInput } from '@mantine/core';
import { Download, Ellipsis, ListRestart, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { clearScript, setTitle, useScript } from '../../store/script';
import { exportFile, resetScript } from '../../store/script-actions';
import { estimateMs, MAX_TITLE_CHARACTERS } from '../../store/script-lines';
import { isRunning } from '../../store/script-run';
import { ImportButton } from './import-button';
import classes from './script.module.css';

export function ScriptHeader() {
  const { t } = useTranslation('script');
  const title = useScript((s) => s.title);
  const lines = useScript((s) => s.lines);
  const running = useScript((s) => isRunning(s.run));
  const empty = lines.length === 0;
  const minutes = Math.max(1, Math.round(estimateMs(lines) / 60_000));
  return (
    <header className={classes.header}>
      <div className={classes.titles}>
        <TextInput
          variant="unstyled"
          size="sm"
          value={title}
          maxLength={MAX_TITLE_CHARACTERS}
          aria-label={t('script.title')}
          placeholder={t('script.untitled')}
          classNames={{ input: classes.title }}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        {!empty && <p className={classes.facts}>{t('script.facts', { count: lines.length, minutes })}</p>}
      </div>
      {!empty && <ImportButton compact />}
      <Menu position="bottom-end" disabled={empty}>
        <Menu.Target>
          <ActionIcon size={34} aria-label={t('script.menu')} disabled={empty}>
            <Ellipsis size={18} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Download size={15} />} onClick={() => exportFile(t('script.untitled'))}>
            {t('script.export')}
          </Menu.Item>
          <Menu.Item leftSection={<ListRestart size={15} />} disabled={running} onClick={resetScript}>
            {t('script.reset')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<Trash2 size={15} />} color="red" disabled={running} onClick={clearScript}>
            {t('script.clear')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}
