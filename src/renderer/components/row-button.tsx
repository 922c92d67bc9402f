import { Icon, type IconName } from './icon';
import classes from './row-button.module.css';

/**
 * A small IconButton for rows of lists that grow: the browser's own title in place of a tooltip of ours, which would keep a hundred
 * objects for each of hundreds of buttons.
 */
export function RowButton({ icon, label, onClick }: { icon: IconName; label: string; onClick(): void }) {
  return (
    <button type="button" className={classes.button} aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} size={15} />
    </button>
  );
}
