import type { KeyboardEvent } from 'react';

const ELSEWHERE = 'input, textarea, select, video, [role="radiogroup"]';
/** Marks what an arrow leads to in each row. */
export const ROW_STOP = { 'data-row-stop': true } as const;
export const ROW_STOPS = '[data-row-stop]';

/** Up and down lead from row to row, Home and End to the first and the last; Tab goes through the buttons of each. */
export function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest(ELSEWHERE)) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(ROW_STOPS)];
  const own = target.closest('li');
  const at = rows.findIndex((stop) => own?.contains(stop));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  const stop = to === undefined ? undefined : rows[to];
  if (!stop) return;
  event.preventDefault();
  stop.focus();
}
