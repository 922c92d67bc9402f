import type { Invariants } from './invariants';
import type { Sample } from './sampler';

/** Processes and threads of the server's own: the first who needs one starts it, and it stays for the next. */
const SERVER_WIDE = /-(process|worker)$/;
/** Those of which more than one may stay a while: decoders, for a minute (audio/decode-host.ts). */
const KEPT: Record<string, number> = { decode: 2, 'decode-process': 2 };
/** A Node process has about so many. */
const THREADS_EACH = 12;

/** What a calm may have more of than the first: nothing that was opened for somebody who has left. */
export function compareCalms(invariants: Invariants, first: Sample, calm: Sample): void {
  const kinds = new Set([...Object.keys(first.native), ...Object.keys(calm.native)]);
  const grown = [...kinds].map(
    (kind) =>
      [
        kind,
        (calm.native[kind] ?? 0) - Math.max(first.native[kind] ?? 0, SERVER_WIDE.test(kind) ? (KEPT[kind] ?? 1) : 0),
      ] as const,
  );
  const [kind, more] = grown.reduce((top, one) => (one[1] > top[1] ? one : top), ['', 0] as const);
  invariants.see('native objects freed', more, undefined, kind);
  const roles = calm.roles.map(
    (role) => [role, calm.roles.filter((other) => other === role).length - (KEPT[role] ?? 1)] as const,
  );
  for (const [role, extra] of roles) invariants.see('processes freed', extra, undefined, role);
  for (const [name, key] of [
    ['descriptors freed', 'descriptors'],
    ['threads freed', 'threads'],
  ] as const) {
    const started = key === 'threads' ? Math.max(0, calm.roles.length - first.roles.length) * THREADS_EACH : 0;
    const difference = calm[key] - first[key] - started;
    if (!Number.isNaN(difference)) invariants.see(name, difference);
  }
}
