import {
  type Announcements,
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  type Modifier,
  PointerSensor,
  type UniqueIdentifier,
  useSensor,
  useSensors,
} from '@dnd-kit/core';
import { SortableContext, sortableKeyboardCoordinates, verticalListSortingStrategy } from '@dnd-kit/sortable';
import { type RefObject, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { moveLine, useScript } from '../../store/script';
import classes from './script.module.css';
import { ScriptRow } from './script-row';

/** Lines go up and down only. */
const upright: Modifier = ({ transform }) => ({ ...transform, x: 0 });

/** The lines, in the order in which they are said. */
export function ScriptList() {
  const { t } = useTranslation('script');
  const lines = useScript((s) => s.lines);
  const list = useRef<HTMLOListElement>(null);
  useFollow(list);
  const sensors = useSensors(
    // A press that does not move is no drag.
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const placeOf = (id: UniqueIdentifier | undefined): number => lines.findIndex((line) => line.id === id) + 1;
  const announcements: Announcements = {
    onDragStart: ({ active }) => t('script.dragStart', { line: placeOf(active.id) }),
    onDragOver: ({ active, over }) => t('script.dragOver', { line: placeOf(active.id), place: placeOf(over?.id) }),
    onDragEnd: ({ active, over }) => t('script.dragEnd', { line: placeOf(active.id), place: placeOf(over?.id) }),
    onDragCancel: ({ active }) => t('script.dragCancel', { line: placeOf(active.id) }),
  };
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    if (over && over.id !== active.id) moveLine(Number(active.id), placeOf(over.id) - 1);
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      modifiers={[upright]}
      onDragEnd={onDragEnd}
      accessibility={{ announcements, screenReaderInstructions: { draggable: t('script.drag') } }}
    >
      <SortableContext items={lines} strategy={verticalListSortingStrategy}>
        <ol ref={list} className={classes.list} aria-label={t('script.list')}>
          {lines.map((line, i) => (
            <ScriptRow key={line.id} line={line} place={i + 1} last={i === lines.length - 1} />
          ))}
        </ol>
      </SortableContext>
    </DndContext>
  );
}

/** What is above the spoken line stays a little in view, and more of what comes. */
const ABOVE = 0.28;

/** Keeps the line where the script stands in view, as often as it becomes another one. */
function useFollow(list: RefObject<HTMLOListElement | null>): void {
  const at = useScript((s) => s.run.at);
  useEffect(() => {
    const element = list.current;
    const row = at === null ? null : element?.querySelector<HTMLElement>(`[data-line="${at}"]`);
    if (!element || !row) return;
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth';
    // On phones the page scrolls, not the list.
    if (element.scrollHeight <= element.clientHeight) row.scrollIntoView({ block: 'nearest', behavior });
    else element.scrollTo({ top: row.offsetTop - element.clientHeight * ABOVE, behavior });
  }, [at, list]);
}
