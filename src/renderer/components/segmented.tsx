/** A choice of a few, side by side: radio buttons in substance, so arrow keys work. */
export function Segmented<T extends string | number>(props: {
  label: string;
  name: string;
  value: T;
  options: readonly { value: T; label: string; hint: string }[];
  disabled: boolean;
  onChange(value: T): void;
}) {
  return (
    <fieldset className="segmented" disabled={props.disabled}>
      <legend className="visually-hidden">{props.label}</legend>
      {props.options.map((option) => (
        <label key={option.value} title={option.hint}>
          <input
            type="radio"
            name={props.name}
            checked={option.value === props.value}
            onChange={() => props.onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
