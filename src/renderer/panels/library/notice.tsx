import type { ReactNode } from 'react';
import { Icon, type IconName } from '../../components/icon';
import classes from './library.module.css';

/** What stands where a list would: that there is nothing, and how there comes to be something. */
export function Notice(props: { icon: IconName; title: string; words: string; children?: ReactNode }) {
  return (
    <div className={classes.notice}>
      <Icon name={props.icon} size={34} />
      <strong>{props.title}</strong>
      <p>{props.words}</p>
      {props.children}
    </div>
  );
}
