import { quantile } from '../../testing/browser';

/** One line of a latency table. */
export function row(name: string, values: number[], target?: string): void {
  const at = (share: number) => quantile(values, share).toFixed(0).padStart(5);
  const goal = target ? `target ${target}, ` : '';
  console.log(`${name.padEnd(44)} p50 ${at(0.5)} ms   p95 ${at(0.95)} ms   (${goal}n=${values.length})`);
}
