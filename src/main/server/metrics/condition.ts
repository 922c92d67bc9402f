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

  if (mouth.state === 'restarting') degraded.push('mouth: its process died and is being replaced; lips rest meanwhile');
  if (mouth.state === 'failed') degraded.push(`mouth: lips rest. ${mouth.lastError ?? "Herald's log says why"}`);
  if (mouth.instead) {
    const { model, why, loading } = mouth.instead;
    degraded.push(`mouth: ${model} ${loading ? 'is not in use yet' : 'cannot be used'}: ${why}`);
  }

  const silent = voices.filter(({ state }) => state === 'failing');
  const words = silent.map(({ engine, problem }) => `voice ${engine}: ${problem ?? 'failing'}`);
  (silent.length > 0 && silent.length === voices.length ? failing : degraded).push(...words);

  if (freeBytes !== undefined && freeBytes < minFreeBytes) {
    degraded.push(`disk: ${mb(freeBytes)} MB free, recordings need ${mb(minFreeBytes)} (--record_min_free_mb)`);
  }
  const late = `event loop: ${loop.p99Ms} ms late (p99), so pictures are too: fewer sessions, or a faster machine`;
  if (loop.p99Ms >= STALLED_MS) failing.push(late);
  else if (loop.p99Ms >= LATE_MS) degraded.push(late);

  const reasons = [...failing, ...degraded];
  if (draining) return { status: 'draining', reasons: ['the server is ending: no new sessions', ...reasons] };
  return { status: failing.length > 0 ? 'failing' : degraded.length > 0 ? 'degraded' : 'ok', reasons };
}

const mb = (bytes: number) => Math.round(bytes / 1e6);
