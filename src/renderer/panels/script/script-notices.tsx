import { Button, CloseButton } from '@mantine/core';
import { CircleAlert, Info } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { dismissNotice, type ScriptNotice, undoScript, useScript } from '../../store/script';
import { speakFrom } from '../../store/script-actions';
import { useStudio } from '../../store/studio';
import classes from './script.module.css';

/** What was done to the script, why it stopped, and what to do about it; between the lines and the field for a new one. */
export function ScriptNotices() {
  return (
    <div className={classes.notices} aria-live="polite">
      <HaltNotice />
      <DoneNotice />
    </div>
  );
}

function HaltNotice() {
  const { t } = useTranslation('script');
  const halt = useScript((s) => s.run.halt);
  const place = useScript((s) => s.lines.findIndex((line) => line.id === s.run.halt?.lineId));
  const connected = useStudio((s) => s.connection.phase === 'connected');
  if (!halt || place < 0) return null;
  const line = place + 1;
  return (
    <Notice bad>
      <span>
        {t(`script.halt.${halt.reason}`, { line })} {halt.detail}
      </span>
      <Button size="compact-sm" variant="light" disabled={!connected} onClick={() => speakFrom(halt.lineId)}>
        {t('script.again', { line })}
      </Button>
    </Notice>
  );
}

const GOOD: readonly ScriptNotice['kind'][] = ['imported', 'removed', 'cleared'];

function DoneNotice() {
  const { t } = useTranslation('script');
  const notice = useScript((s) => s.notice);
  const words = useNoticeWords(notice);
  if (!notice) return null;
  return (
    <Notice bad={!GOOD.includes(notice.kind)}>
      <span>{words}</span>
      {notice.undo && (
        <Button size="compact-sm" variant="light" onClick={undoScript}>
          {t('script.undo')}
        </Button>
      )}
      <CloseButton size="sm" aria-label={t('script.dismiss')} onClick={dismissNotice} />
    </Notice>
  );
}

function useNoticeWords(notice: ScriptNotice | null): string {
  const { t } = useTranslation('script');
  if (!notice) return '';
  const { kind, values } = notice;
  switch (kind) {
    case 'imported':
      return [
        t('script.imported', { count: Number(values.count), name: String(values.name) }),
        Number(values.left) > 0 && t('script.importedLeft', { left: values.left, most: values.most }),
        Number(values.split) > 0 && t('script.importedSplit'),
      ]
        .filter(Boolean)
        .join(' ');
    case 'cleared':
      return t('script.cleared', { count: Number(values.count) });
    case 'removed':
      return t('script.removed', { line: values.line });
    case 'full':
      return t('script.full', { count: Number(values.count), most: values.most });
    case 'quote':
      return t('script.quote', { name: values.name, line: values.line });
    case 'unsaved':
      return t('script.unsaved');
    case 'empty':
      return t('script.emptyFile', { name: values.name });
    case 'unreadable':
      return t('script.unreadable', { name: values.name });
    case 'noText':
      return t('script.noText', { name: values.name });
  }
}

function Notice({ bad, children }: { bad: boolean; children: ReactNode }) {
  const Sign = bad ? CircleAlert : Info;
  return (
    <div className={classes.notice} data-bad={bad}>
      <Sign size={16} aria-hidden="true" />
      {children}
    </div>
  );
}
