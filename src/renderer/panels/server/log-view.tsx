import { Button, CloseButton, Loader, NativeSelect, Switch, TextInput } from '@mantine/core';
import { memo, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LogLine } from '../../../shared/server-protocol';
import { Icon } from '../../components/icon';
import { useWhileSeen } from '../../components/use-while-seen';
import { readDiagnostics } from '../../rtc/server';
import { toastError } from '../../store/toasts';
import { Notice } from '../library/notice';
import { CopyButton } from './copy-button';
import classes from './log.module.css';
import {
  detailsText,
  filterLines,
  lineText,
  refreshLog,
  SHOWN_LEVELS,
  type ShownLevel,
  stackOf,
  useLog,
} from './log-store';

const EVERY_MS = 1_000;
/** More than a screen; the rest is a click away. */
const SHOWN = 400;
/** So near to the end counts as there. */
const NEAR_PX = 24;

/** The log as it is written: found in, followed, taken along. */
export function LogView() {
  const { t } = useTranslation('server');
  const { state, problem, lines, gaps, level, query } = useLog();
  useWhileSeen(true, refreshLog, EVERY_MS);
  const [all, setAll] = useState(false);
  const found = useMemo(() => filterLines(lines, level, query), [lines, level, query]);
  const shown = all ? found : found.slice(-SHOWN);
  return (
    <div className={classes.log}>
      <Toolbar found={found} />
      {state === 'loading' && (
        <div className={classes.middle} role="status">
          <Loader size={24} />
        </div>
      )}
      {problem !== '' && (
        <p className={classes.problem} role="alert">
          {t('server.log.failed')}: {problem}
        </p>
      )}
      {state === 'ready' && shown.length === 0 && (
        <Notice
          icon="search"
          title={t(lines.length === 0 ? 'server.log.empty' : 'server.log.nothing')}
          words={lines.length === 0 ? '' : t('server.log.nothingHint')}
        />
      )}
      {shown.length > 0 && (
        <Lines
          shown={shown}
          gaps={gaps}
          earlier={found.length - shown.length}
          onEarlier={() => {
            useLog.setState({ follow: false });
            setAll(true);
          }}
        />
      )}
      <Diagnostics />
    </div>
  );
}

function Toolbar({ found }: { found: readonly LogLine[] }) {
  const { t } = useTranslation('server');
  const { level, query, follow } = useLog();
  const field = useRef<HTMLInputElement>(null);
  const clear = () => {
    useLog.setState({ query: '' });
    field.current?.focus();
  };
  return (
    <search className={classes.toolbar}>
      <TextInput
        ref={field}
        className={classes.filter}
        // The first Esc empties the field, the second closes the panel.
        data-own-escape={query !== ''}
        aria-label={t('server.log.filter')}
        placeholder={t('server.log.filterHint')}
        value={query}
        maxLength={200}
        leftSection={<Icon name="search" size={16} />}
        rightSection={
          query !== '' && <CloseButton size="sm" aria-label={t('server.log.clearFilter')} onClick={clear} />
        }
        onChange={(e) => useLog.setState({ query: e.currentTarget.value })}
        onKeyDown={(e) => {
          if (e.key !== 'Escape' || query === '' || e.nativeEvent.isComposing) return;
          e.preventDefault();
          clear();
        }}
      />
      <NativeSelect
        className={classes.level}
        aria-label={t('server.log.level')}
        value={level}
        onChange={(e) => useLog.setState({ level: e.currentTarget.value as ShownLevel })}
        data={SHOWN_LEVELS.map((value) => ({ value, label: t(`server.log.level.${value}`) }))}
      />
      <Switch
        label={t('server.log.follow')}
        checked={follow}
        onChange={(e) => useLog.setState({ follow: e.currentTarget.checked })}
      />
      <CopyButton text={async () => found.map(lineText).join('\n')} label={t('server.log.copy')}>
        {t('server.log.copy')}
      </CopyButton>
    </search>
  );
}

function Lines(props: { shown: readonly LogLine[]; gaps: readonly number[]; earlier: number; onEarlier(): void }) {
  const { t } = useTranslation('server');
  const { shown, gaps, earlier } = props;
  const follow = useLog((s) => s.follow);
  const box = useRef<HTMLDivElement>(null);
  const lastId = shown.at(-1)?.id ?? 0;
  const [seenId, setSeenId] = useState(lastId);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each new line, too.
  useLayoutEffect(() => {
    if (!follow || !box.current) return;
    box.current.scrollTop = box.current.scrollHeight;
    setSeenId(lastId);
  }, [follow, lastId, shown.length]);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current as HTMLDivElement;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (atEnd) setSeenId(lastId);
    if (atEnd !== follow) useLog.setState({ follow: atEnd });
  };
  const newer = follow ? 0 : shown.filter(({ id }) => id > seenId).length;
  return (
    <div className={classes.frame}>
      {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys (WCAG 2.1.1) */}
      <div
        ref={box}
        className={classes.lines}
        role="log"
        aria-live="off"
        aria-label={t('server.log.lines')}
        tabIndex={0}
        onScroll={onScroll}
      >
        {earlier > 0 && (
          <Button variant="subtle" color="gray" size="compact-xs" onClick={props.onEarlier}>
            {t('server.log.earlier', { count: earlier })}
          </Button>
        )}
        {shown.map((line) => (
          <Line key={line.id} line={line} gap={gaps.includes(line.id)} />
        ))}
      </div>
      {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: end */}
      {newer > 0 && (
        <Button size="compact-sm" className={classes.newer} onClick={() => useLog.setState({ follow: true })}>
          {t('server.log.newer', { count: newer })}
        </Button>
      )}
    </div>
  );
}

const Line = memo(function Line({ line, gap }: { line: LogLine; gap: boolean }) {
  const { t } = useTranslation('server');
  const stack = stackOf(line);
  const details = detailsText(line);
  const words = (
    <>
      <time dateTime={line.time} title={line.time}>
        {new Date(line.time).toLocaleTimeString('en-GB')}
      </time>
      <b>{line.level}</b>
      <span>
        {line.scope && <em>{line.scope}</em>} {line.msg} {details && <small>{details}</small>}
      </span>
    </>
  );
  return (
    <>
      {gap && <p className={classes.gap}>{t('server.log.missed')}</p>}
      {stack === undefined ? (
        <div className={classes.line} data-level={line.level}>
          {words}
        </div>
      ) : (
        <details className={classes.withStack} data-level={line.level}>
          <summary className={classes.line} data-level={line.level}>
            {words}
          </summary>
          <pre>{stack}</pre>
        </details>
      )}
    </>
  );
});

function Diagnostics() {
  const { t } = useTranslation('server');
  const [busy, setBusy] = useState(false);
  const read = async () => JSON.stringify(await readDiagnostics(), null, 2);
  const save = async () => {
    setBusy(true);
    try {
      const url = URL.createObjectURL(new Blob([await read()], { type: 'application/json' }));
      const link = document.createElement('a');
      link.href = url;
      link.download = `herald-diagnostics-${new Date().toISOString().slice(0, 19).replace(/\D/g, '')}.json`;
      link.click();
      // The browser reads it after the click is over.
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      toastError('error.server', error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={classes.diagnostics}>
      <p>{t('server.log.diagnosticsHint')}</p>
      <CopyButton text={read} label={t('server.log.diagnostics')}>
        {t('server.log.diagnostics')}
      </CopyButton>
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon name="download" size={16} />}
        loading={busy}
        onClick={() => void save()}
      >
        {t('server.log.save')}
      </Button>
    </div>
  );
}
