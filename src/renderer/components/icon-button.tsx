import { ActionIcon, Tooltip } from '@mantine/core';
import type { Ref } from 'react';
import { Icon, type IconName } from './icon';

/** A square button that shows only an icon: its label is spoken and appears as a tooltip. */
export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick(): void;
  pressed?: boolean;
  disabled?: boolean;
  small?: boolean;
  ref?: Ref<HTMLButtonElement>;
}) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        {...(props.ref && { ref: props.ref })}
        size={props.small ? 26 : 38}
        aria-label={props.label}
        aria-pressed={props.pressed}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        <Icon name={props.icon} size={props.small ? 15 : 19} />
      </ActionIcon>
    </Tooltip>
  );
}
