import { SegmentedControl, Tooltip } from '@mantine/core';
import classes from './segmented.module.css';

/** A choice of a few, side by side: radio buttons in substance, so arrow keys work. */
export function Segmented<T extends string | number>(props: {
  label: string;
  name: string;
  value: T;
  options: readonly { value: T; label: string; hint: string }[];
  disabled: boolean;
  onChange(value: T): void;
}) {
  // The hint of what is chosen: the radio buttons lie over their words, so a single word cannot be hovered.
  const hint = props.options.find(({ value }) => value === props.value)?.hint;
  return (
    <Tooltip label={hint} disabled={!hint}>
      <SegmentedControl
        classNames={classes}
        aria-label={props.label}
        name={props.name}
        radius={10}
        transitionDuration={120}
        // A value that none of the options has (a performance runs) marks none.
        value={String(props.value)}
        disabled={props.disabled}
        data={props.options.map(({ value, label }) => ({ value: String(value), label }))}
        onChange={(chosen) => {
          const option = props.options.find(({ value }) => String(value) === chosen);
          if (option) props.onChange(option.value);
        }}
      />
    </Tooltip>
  );
}
