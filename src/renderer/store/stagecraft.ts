import type { PerformanceSummary, SessionEvent } from '../../shared/protocol';
import type { StudioState, Taping } from './state';

/** What goes on around the speech: modes, performances, recording. Pure functions from state to the part that changes. */
type Patch = Partial<StudioState>;
type RecordEvent = Extract<SessionEvent, { status: 'record' }>;

const FIRST_PERFORMANCE = 2;

/** A mode is shown as chosen at once; a performance only once it is on stage, as it may have to wait for speech. */
export function modeWanted(_state: StudioState, audiotype: number): Patch {
  return audiotype < FIRST_PERFORMANCE ? { audiotype, act: null } : { act: { audiotype, startedAtMs: null } };
}

export function modeChanged(state: StudioState, audiotype: number, nowMs: number): Patch {
  if (audiotype >= FIRST_PERFORMANCE) return { audiotype, act: { audiotype, startedAtMs: nowMs } };
  // The end of one performance is not the end of the next one, which waits.
  const waiting = state.act !== null && state.act.startedAtMs === null && state.audiotype >= FIRST_PERFORMANCE;
  return { audiotype, act: waiting ? state.act : null };
}

/** How far a performance has come, 0 to 1; null where its length is not known or it goes round. */
export function actProgress(startedAtMs: number, performance: PerformanceSummary | undefined, nowMs: number) {
  if (!performance?.durationMs || performance.loop) return null;
  return Math.min(1, Math.max(0, (nowMs - startedAtMs) / performance.durationMs));
}

/** Keys 1 and 2 are live and still, from 3 on the performances in their order. Undefined: the key means nothing. */
export function modeOfKey(key: string, performances: readonly PerformanceSummary[]): number | undefined {
  if (!/^[1-9]$/.test(key)) return undefined;
  const place = Number(key) - 1;
  return place < FIRST_PERFORMANCE ? place : performances[place - FIRST_PERFORMANCE]?.audiotype;
}

/** The key of the performance at a place of the list; undefined where keys run out. */
export const keyOfPlace = (place: number): string | undefined =>
  place + FIRST_PERFORMANCE < 9 ? String(place + FIRST_PERFORMANCE + 1) : undefined;

export function tapeWanted(_state: StudioState): Patch {
  return { taping: { state: 'starting', startedAtMs: null, bytes: null }, tapeProblem: null };
}

export function tapeEnding({ taping }: StudioState): Patch {
  return taping ? { taping: { ...taping, state: 'ending' } } : {};
}

/** The server has said so; where its event came first, that one counts. */
export function tapeStarted(state: StudioState, nowMs: number): Patch {
  return state.taping?.state === 'starting' ? { taping: begun(nowMs) } : {};
}

export function tapeEnded({ taping }: StudioState): Patch {
  return taping?.state === 'ending' ? { taping: null } : {};
}

/** It did not begin, or did not end: then it goes on as before. */
export function tapeFailed({ taping }: StudioState, reason: string): Patch {
  const goesOn = taping?.state === 'ending';
  return { taping: goesOn ? { ...taping, state: 'on' } : null, tapeProblem: reason };
}

export function taped(state: StudioState, event: RecordEvent, nowMs: number): Patch {
  if (event.state === 'started') return { taping: begun(nowMs), tapeProblem: null };
  if (event.state === 'running') return { taping: running(state, event, nowMs) };
  if (event.state === 'failed') return { taping: null, tapeProblem: event.reason ?? '' };
  return { taping: null };
}

const begun = (nowMs: number): Taping => ({ state: 'on', startedAtMs: nowMs, bytes: null });

/** Events come a little late and not evenly: a clock that was right within so much goes on without a jump. */
const CLOCK_MAY_DIFFER_MS = 1_500;

/** Also tells a page that was opened, or reached the session, while it was being recorded. */
function running({ taping }: StudioState, { durationMs, bytes }: RecordEvent, nowMs: number): Taping {
  const beganMs = nowMs - (durationMs ?? 0);
  const knownMs = taping?.startedAtMs ?? beganMs;
  return {
    state: taping?.state === 'ending' ? 'ending' : 'on',
    startedAtMs: Math.abs(knownMs - beganMs) > CLOCK_MAY_DIFFER_MS ? beganMs : knownMs,
    bytes: bytes ?? null,
  };
}

/** The session is gone, and all that was going on in it. */
export function leaveSession(_state: StudioState): Patch {
  return { act: null, taping: null, session: null };
}
