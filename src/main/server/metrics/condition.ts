import { say, type Told, toldOfAll } from '../../../shared/told';
import type { MouthStatus } from '../mouth/mouth';
import type { EngineStatus } from '../tts/tts';
import type { LoopDelay } from './event-loop';

/**
 * `degraded`: everyone is served, someone less well than usual. `failing`: what the server is for cannot be had. `draining`: it was
 * asked to end and takes no new sessions.
 */
export type HealthStatus = 'ok' | 'degraded' | 'failing' | 'draining';

export interface Condition {
  status: HealthStatus;
  /** What is wrong, and what to do about it; empty when nothing is. */
  reasons: string[];
  /** The same by key, for pages in other languages; null for a reason that has none. */
  toldReasons?: (Told | null)[];
}

export interface Vitals {
  mouth: Pick<MouthStatus, 'state' | 'lastError' | 'instead'>;
  /** Best first; empty for an engine that does not tell. */
  voices: readonly EngineStatus[];
  loop: LoopDelay;
  /** Undefined where it is not known. */
  freeBytes?: number;
  /** `--record_min_free_mb` */
  minFreeBytes: number;
  draining?: boolean;
}

/** Five pictures: viewers see it. */
const LATE_MS = 200;
/** Whole sentences stop. */
const STALLED_MS = 2_000;

/** What /api/health calls the state of the server. Pure, so that every rule can be tested as a table. */
export function conditionOf({ mouth, voices, loop, freeBytes, minFreeBytes, draining }: Vitals): Condition {
  const failing: string[] = [];
  const degraded: string[] = [];

  if (mouth.state === 'restarting') degraded.push(say('health.mouthReplaced'));
  if (mouth.state === 'failed')
    degraded.push(say('health.mouthRests', { why: mouth.lastError ?? "Herald's log says why" }));
  if (mouth.instead) {
    const { model, why, loading } = mouth.instead;
    degraded.push(loading ? say('health.modelLoads', { model }) : say('health.modelUnusable', { model, why }));
  }

  const silent = voices.filter(({ state }) => state === 'failing');
  const words = silent.map(({ engine, problem }) => say('health.voice', { engine, why: problem ?? 'failing' }));
  (silent.length > 0 && silent.length === voices.length ? failing : degraded).push(...words);

  if (freeBytes !== undefined && freeBytes < minFreeBytes) {
    degraded.push(say('health.disk', { free: mb(freeBytes), needed: mb(minFreeBytes) }));
  }
  const late = say('health.late', { late: loop.p99Ms });
  if (loop.p99Ms >= STALLED_MS) failing.push(late);
  else if (loop.p99Ms >= LATE_MS) degraded.push(late);

  const reasons = [...(draining ? [say('health.ending')] : []), ...failing, ...degraded];
  const toldReasons = toldOfAll(reasons);
  if (draining) return { status: 'draining', reasons, toldReasons };
  return { status: failing.length > 0 ? 'failing' : degraded.length > 0 ? 'degraded' : 'ok', reasons, toldReasons };
}

const mb = (bytes: number) => Math.round(bytes / 1e6);
