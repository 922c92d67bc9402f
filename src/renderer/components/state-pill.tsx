import type { ReactNode } from 'react';
import classes from './state-pill.module.css';

/** One word about a row of a list; states that matter have their colour, all others are grey. */
export function StatePill({ state, title, children }: { state?: string; title?: string; children: ReactNode }) {
  return (
    <span className={classes.pill} data-state={state} title={title}>
      {children}
    </span>
  );
}
