import { Icon, type IconName } from './icon';

/** A square button that shows only an icon: its label is spoken and appears as a tooltip. */
export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick(): void;
  pressed?: boolean;
  disabled?: boolean;
  small?: boolean;
}) {
  return (
    <button
      type="button"
      className={props.small ? 'icon-button small' : 'icon-button'}
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} size={props.small ? 16 : 20} />
    </button>
  );
}
