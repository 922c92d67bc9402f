import { Button, Tooltip } from '@mantine/core';
import { Play, Repeat, SkipForward, Square } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useScript } from '../../store/script';
import { nextLine, repeatLine, speakAll, speakFrom, stopScript } from '../../store/script-actions';
import { isRunning, lineAfter } from '../../store/script-run';
import { useStudio } from '../../store/studio';
import { hasMoreToSay } from '../../store/words';
import classes from './script.module.css';

/** All or on, stop, next, repeat. The first button keeps its place and size, whatever it does: nothing moves under the hand. */
export function Transport() {
  const { t } = useTranslation('script');
  const lines = useScript((s) => s.lines);
  const run = useScript((s) => s.run);
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const empty = lines.length === 0;
  const running = isRunning(run);
  const plain = lines.map(({ id, text }) => ({ id, speakable: hasMoreToSay(text, 0) }));
  const next = lineAfter(plain, run.at);
  const goesOn = run.at !== null && next !== undefined && run.halt === null;
  return (
    <footer className={classes.transport}>
      {running ? (
        <Button className={classes.main} color="red.9" leftSection={<Square size={15} />} onClick={stopScript}>
          {t('script.stop')}
        </Button>
      ) : (
        <Button
          className={classes.main}
          leftSection={<Play size={16} />}
          disabled={!connected || empty}
          title={goesOn ? t('script.goOnHint') : undefined}
          onClick={() => (goesOn ? speakFrom(next.id) : speakAll())}
        >
          {t(goesOn ? 'script.goOn' : 'script.all')}
        </Button>
      )}
      <Tooltip label={t('script.nextHint')}>
        <Button
          variant="default"
          aria-keyshortcuts="n"
          leftSection={<SkipForward size={15} />}
          disabled={!connected || !next}
          onClick={nextLine}
        >
          {t('script.next')}
        </Button>
      </Tooltip>
      <Tooltip label={t('script.repeatHint')}>
        <Button
          variant="default"
          aria-keyshortcuts="r"
          leftSection={<Repeat size={15} />}
          disabled={!connected || run.at === null}
          onClick={repeatLine}
        >
          {t('script.repeat')}
        </Button>
      </Tooltip>
      {!connected && !empty && <p className={classes.offline}>{t('script.offline')}</p>}
    </footer>
  );
}
