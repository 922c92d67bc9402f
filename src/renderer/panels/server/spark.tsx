import { SAMPLES } from './samples';
import classes from './server.module.css';

const WIDTH = SAMPLES - 1;
const HEIGHT = 30;

/**
 * The last minute as a line, newest at the right; its ground is always nought. `name` says what it shows to who cannot see it. Drawn
 * anew when a value arrives, and by nothing else.
 */
export function Spark(props: { name: string; values: readonly number[]; others?: readonly number[]; least: number }) {
  const { values, others = [], least } = props;
  const top = Math.max(least, ...values) * 1.08;
  const line = linePath(values, top);
  const first = SAMPLES - values.length;
  return (
    <svg
      className={classes.spark}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={props.name}
    >
      {values.length > 1 && (
        <>
          <path className={classes.sparkArea} d={`${line}L${WIDTH} ${HEIGHT}L${first} ${HEIGHT}Z`} />
          <path className={classes.sparkLine} d={line} />
          {others.length > 1 && <path className={classes.sparkOther} d={linePath(others, top)} />}
        </>
      )}
    </svg>
  );
}

/** `top` is where the picture's upper edge is. The last value stands at the right edge. */
export function linePath(values: readonly number[], top: number): string {
  const first = SAMPLES - values.length;
  return values
    .map((value, i) => {
      const y = HEIGHT - 1 - (top > 0 ? value / top : 0) * (HEIGHT - 2);
      return `${i === 0 ? 'M' : 'L'}${first + i} ${y.toFixed(2)}`;
    })
    .join('');
}
