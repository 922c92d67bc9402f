import type { SessionEvent } from '../../shared/protocol';
import type { Line, LineState, StudioState, Toast } from './state';

/**
 * How the page's state answers to what happens. Pure functions from state to the part that changes: the store applies
 * them, tests call them.
 */
type Patch = Partial<StudioState>;

/** The list is a memory aid, not an archive: the oldest lines go. */
export const MAX_LINES = 200;
export const MAX_TOASTS = 4;

const OPEN: readonly LineState[] = ['sending', 'queued', 'speaking'];
export const isOpen = (line: Line): boolean => OPEN.includes(line.state);

const change = (lines: Line[], id: number, patch: Partial<Line>): Line[] =>
  lines.map((line) => (line.id === id ? { ...line, ...patch } : line));

export function addLine(state: StudioState, line: Pick<Line, 'id' | 'kind' | 'text'>, nowMs: number): Patch {
  const fresh = state.speakingTurn === null && !state.lines.some(isOpen);
  const added: Line = { ...line, state: 'sending', turn: null, sentAtMs: nowMs, fresh, problem: null };
  return { lines: [...state.lines, added].slice(-MAX_LINES) };
}

/** The server took it. Its `start` event may have come first: then it is speaking already. */
export function lineAccepted(state: StudioState, id: number): Patch {
  const line = state.lines.find((l) => l.id === id);
  return line?.state === 'sending' ? { lines: change(state.lines, id, { state: 'queued' }) } : {};
}

export function lineFailed(state: StudioState, id: number, problem: string): Patch {
  return { lines: change(state.lines, id, { state: 'failed', problem }) };
}

export function dropLine(state: StudioState, id: number): Patch {
  return { lines: state.lines.filter((line) => line.id !== id) };
}

/** Nothing that was asked for will be said any more: an interrupt, or a session that is gone. */
export function abandonLines(state: StudioState): Patch {
  return {
    lines: state.lines.map((line) => (isOpen(line) ? { ...line, state: 'interrupted' as const } : line)),
    speakingTurn: null,
    caption: null,
  };
}

export function applyEvent(state: StudioState, event: SessionEvent, nowMs: number): Patch {
  switch (event.status) {
    case 'start':
      return started(state, event.turn, event.text, nowMs);
    case 'end':
      return ended(state, event.turn, event.interrupted === true);
    case 'interrupted':
      return ended(state, event.turn, true);
    case 'mode':
      return { audiotype: event.audiotype };
    case 'error': {
      const line = state.lines.find(isOpen);
      return line ? lineFailed(state, line.id, event.message) : {};
    }
    case 'closed':
      return abandonLines(state);
  }
}

/** A turn, or its next sentence, is heard from now on. Turns begin in the order they were asked for. */
function started(state: StudioState, turn: number, text: string, nowMs: number): Patch {
  const known = state.lines.find((line) => line.turn === turn);
  const line = known ?? state.lines.find((l) => l.turn === null && isOpen(l));
  const caption = { text: text || (line?.text ?? ''), kind: line?.kind ?? ('text' as const) };
  if (!line) {
    // Another program speaks through the same session: show that as well.
    const foreign: Line = {
      id: -nowMs - state.lines.length,
      kind: 'text',
      text,
      state: 'speaking',
      turn,
      sentAtMs: nowMs,
      fresh: false,
      problem: null,
    };
    return { speakingTurn: turn, caption, lines: text ? [...state.lines, foreign].slice(-MAX_LINES) : state.lines };
  }
  const patch: Patch = {
    speakingTurn: turn,
    caption,
    lines: change(state.lines, line.id, { state: 'speaking', turn }),
  };
  if (!known && line.fresh) patch.latencyMs = nowMs - line.sentAtMs;
  return patch;
}

/** The caption stays: `clearCaption` takes it away a moment later, unless the next sentence has replaced it. */
function ended(state: StudioState, turn: number, interrupted: boolean): Patch {
  const line = state.lines.find((l) => l.turn === turn);
  const patch: Patch = {};
  if (state.speakingTurn === turn) patch.speakingTurn = null;
  if (interrupted) patch.caption = null;
  if (line && (isOpen(line) || interrupted) && line.state !== 'failed') {
    patch.lines = change(state.lines, line.id, { state: interrupted ? 'interrupted' : 'said' });
  }
  return patch;
}

export function clearCaption(state: StudioState): Patch {
  return state.speakingTurn === null ? { caption: null } : {};
}

/** The same message twice is one message. */
export function addToast(state: StudioState, toast: Toast): Patch {
  const others = state.toasts.filter((t) => t.title !== toast.title || t.detailText !== toast.detailText);
  return { toasts: [...others, toast].slice(-MAX_TOASTS) };
}

export function dropToast(state: StudioState, id: number): Patch {
  return { toasts: state.toasts.filter((t) => t.id !== id) };
}
