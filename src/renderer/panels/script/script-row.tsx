import { useSortable } from '@dnd-kit/sortable';
import { AudioLines, Check, ChevronRight, CircleAlert, GripVertical, ListStart, Pause, Play } from 'lucide-react';
import { type CSSProperties, memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useScript } from '../../store/script';
import { speakFrom, speakLine } from '../../store/script-actions';
import type { ScriptLine } from '../../store/script-lines';
import type { Asked, Mark, ScriptRun } from '../../store/script-run';
import { useStudio } from '../../store/studio';
import { Directions } from './directions';
import { LineEditor } from './line-editor';
import { LineMenu } from './line-menu';
import classes from './script.module.css';

export type LineShown = Asked['state'] | Mark | 'pausing' | '';

function shownAs({ asked, marks, pausing, at }: ScriptRun, id: number): LineShown {
  if (pausing !== null && at === id) return 'pausing';
  return asked.find((a) => a.lineId === id)?.state ?? marks[id] ?? '';
}

/** One line: its place, its words, where it stands, and what can be done with it. */
export function ScriptRow({ line, place, last }: { line: ScriptLine; place: number; last: boolean }) {
  const { t } = useTranslation('script');
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({
    id: line.id,
  });
  const shown = useScript((s) => shownAs(s.run, line.id));
  const here = useScript((s) => s.run.at === line.id);
  const style: CSSProperties = { transform: transform ? `translate3d(0, ${transform.y}px, 0)` : undefined, transition };
  return (
    <li
      ref={setNodeRef}
      className={classes.row}
      style={style}
      data-line={line.id}
      data-testid="script-line"
      data-state={shown}
      data-here={here}
      data-dragging={isDragging}
      aria-current={here ? 'step' : undefined}
    >
      <button
        type="button"
        ref={setActivatorNodeRef}
        className={classes.grip}
        {...attributes}
        {...listeners}
        aria-label={t('script.move', { line: place })}
      >
        <GripVertical size={15} aria-hidden="true" />
      </button>
      <Body line={line} place={place} last={last} shown={shown} />
    </li>
  );
}

interface BodyProps {
  line: ScriptLine;
  place: number;
  last: boolean;
  shown: LineShown;
}

/** Apart from the row, which is drawn anew with every step of a drag. */
const Body = memo(function Body({ line, place, last, shown }: BodyProps) {
  const { t } = useTranslation('script');
  const editing = useScript((s) => s.editing === line.id);
  const connected = useStudio((s) => s.connection.phase === 'connected');
  return (
    <>
      <span className={classes.place} title={shown === '' ? undefined : t(`script.state.${shown}`)}>
        <Place shown={shown} place={place} />
        <span className="visually-hidden">{shown !== '' && t(`script.state.${shown}`)}</span>
      </span>
      {editing ? (
        <LineEditor line={line} place={place} />
      ) : (
        <div className={classes.body}>
          <button
            type="button"
            className={classes.words}
            data-edit={line.id}
            aria-label={`${t('script.edit', { line: place })}: ${line.text}`}
            onClick={() => useScript.setState({ editing: line.id })}
          >
            {line.text}
          </button>
          <Directions line={line} />
        </div>
      )}
      <div className={classes.actions}>
        <button
          type="button"
          disabled={!connected}
          aria-label={t('script.speak', { line: place })}
          title={t('script.speakThis')}
          onClick={() => speakLine(line.id)}
        >
          <Play size={15} aria-hidden="true" />
        </button>
        <button
          type="button"
          disabled={!connected}
          aria-label={t('script.from', { line: place })}
          title={t('script.fromHere')}
          onClick={() => speakFrom(line.id)}
        >
          <ListStart size={16} aria-hidden="true" />
        </button>
        <LineMenu line={line} place={place} last={last} busy={isBusy(shown)} />
      </div>
    </>
  );
});

const isBusy = (shown: LineShown): boolean => shown === 'sounding' || shown === 'waiting' || shown === 'sending';

const SIGNS = {
  sending: ChevronRight,
  waiting: ChevronRight,
  sounding: AudioLines,
  pausing: Pause,
  said: Check,
  failed: CircleAlert,
};

/** A sign takes the number's place: the words beside it keep theirs. */
function Place({ shown, place }: { shown: LineShown; place: number }) {
  if (shown === '') return <span aria-hidden="true">{place}</span>;
  const Sign = SIGNS[shown];
  return <Sign size={15} aria-hidden="true" />;
}
