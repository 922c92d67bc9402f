import type { Invariants } from './invariants';
import type { Sample } from './sampler';

/** What a calm may have more of than the first: nothing that was opened for somebody who has left. */
export function compareCalms(invariants: Invariants, first: Sample, calm: Sample): void {
  const kinds = new Set([...Object.keys(first.native), ...Object.keys(calm.native)]);
  const grown = [...kinds].map((kind) => [kind, (calm.native[kind] ?? 0) - (first.native[kind] ?? 0)] as const);
  const [kind, more] = grown.reduce((top, one) => (one[1] > top[1] ? one : top), ['', 0] as const);
  invariants.see('native objects freed', more, undefined, kind);
  for (const [name, key] of [
    ['descriptors freed', 'descriptors'],
    ['processes freed', 'processes'],
    ['threads freed', 'threads'],
  ] as const) {
    const difference = calm[key] - first[key];
    if (!Number.isNaN(difference)) invariants.see(name, difference);
  }
}
