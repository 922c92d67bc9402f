import type { SessionEvent } from '../../shared/protocol';
import { abandonLines, change, isOpen, lineOfTurn, wordsOf } from './lines';
import { modeChanged, taped } from './stagecraft';
import type { Line, StudioState } from './state';
import { findSentence, hasMoreToSay } from './words';

/** How the page's state answers to what the session tells. Pure functions from state to the part that changes. */
type Patch = Partial<StudioState>;
type EventOf<S extends SessionEvent['status']> = Extract<SessionEvent, { status: S }>;

export function applyEvent(state: StudioState, event: SessionEvent, nowMs: number): Patch {
  switch (event.status) {
    case 'turn':
      return begun(state, event, nowMs);
    case 'answer':
      return answered(state, event, nowMs);
    case 'start':
      return started(state, event, nowMs);
    case 'end':
      return ended(state, event.turn, event.interrupted === true);
    case 'interrupted':
      return ended(state, event.turn, true);
    case 'error':
      return faulted(state, event);
    case 'voice':
      return { voice: { engine: event.engine, instead: event.instead ?? null } };
    case 'latency':
      return measured(state, event);
    case 'mode':
      return modeChanged(state, event.audiotype, nowMs);
    case 'output':
      return {};
    case 'record':
      return taped(state, event, nowMs);
    case 'closed':
      return abandonLines(state);
  }
}

/** A turn is being worked on: a question is thought about, a text or a file waits for its place. */
function begun(state: StudioState, { turn, kind, text }: EventOf<'turn'>, nowMs: number): Patch {
  const { line, lines } = lineOfTurn(state, turn, { kind, text }, nowMs);
  const waits = line.state === 'sending' || line.state === 'queued';
  return { lines: waits ? change(lines, line.id, { state: kind === 'chat' ? 'thinking' : 'queued' }) : lines };
}

function answered(state: StudioState, { turn, delta, done }: EventOf<'answer'>, nowMs: number): Patch {
  const { line, lines } = lineOfTurn(state, turn, { kind: 'chat', text: '' }, nowMs);
  // Pieces that were on their way when it was interrupted come too late.
  if (line.state === 'interrupted') return {};
  const answer = line.answer + delta;
  const patch: Partial<Line> = { answer, answerDone: line.answerDone || done === true };
  if (isOpen(line) && line.state !== 'speaking') {
    // Nothing (more) to say at the end: all was said meanwhile, or it was an action of the presenter, or signs only.
    const over = done === true && !hasMoreToSay(answer, line.saidTo);
    patch.state = over ? finished(line).state : answer === '' ? 'thinking' : 'answering';
  }
  return { lines: change(lines, line.id, patch) };
}

/** A sentence of a turn is heard from now on. Turns are performed one after the other. */
function started(state: StudioState, { turn, text }: EventOf<'start'>, nowMs: number): Patch {
  const before = state.lines.some((l) => l.turn === turn) || text !== '' || state.lines.some(isOpen);
  // Sound of another program, of which nothing is known: there is nothing to write down.
  if (!before) return { speakingTurn: turn, caption: null };
  const { line, lines } = lineOfTurn(state, turn, { kind: null, text }, nowMs);
  // It was on its way when the interrupt was answered: the two travel on different connections.
  if (line.state === 'interrupted') return {};
  const sounding = line.kind === 'audio' ? null : findSentence(wordsOf(line), text, line.saidTo);
  // A turn that was joined in its middle has told no more of its words than their sentences.
  const more = !line.own && line.kind === 'echo' && !sounding ? { text: `${line.text} ${text}`.trim() } : {};
  const patch: Patch = {
    speakingTurn: turn,
    caption: { text: text || line.text, audio: line.kind === 'audio' },
    lines: change(settleBefore(lines, turn), line.id, {
      state: 'speaking',
      sentences: line.sentences + 1,
      sounding,
      ...more,
    }),
  };
  if (line.sentences === 0 && line.fresh) patch.latencyMs = nowMs - line.sentAtMs;
  return patch;
}

/** A turn's own figures come once it is over; how fast it fell silent comes by itself. */
function measured(state: StudioState, { status: _, turn, ...latency }: EventOf<'latency'>): Patch {
  if (latency.firstSoundSentMs === undefined) return { latency: { ...state.latency, ...latency } };
  const line = state.lines.find((l) => l.turn === turn);
  return {
    latency,
    ...(line && isOpen(line) ? { lines: change(state.lines, line.id, finished(line)) } : {}),
    ...(state.speakingTurn === turn ? { speakingTurn: null } : {}),
  };
}

/** What an earlier turn still seems to be at is over: its last events were lost on the way. */
const settleBefore = (lines: Line[], turn: number): Line[] =>
  lines.map((line) => (line.turn !== null && line.turn < turn && isOpen(line) ? finished(line) : line));

const finished = (line: Line): Line => ({ ...line, state: line.problem ? 'failed' : 'said', sounding: null });

/** The caption stays: `clearCaption` takes it away a moment later, unless the next sentence has replaced it. */
function ended(state: StudioState, turn: number, interrupted: boolean): Patch {
  const line = state.lines.find((l) => l.turn === turn);
  const patch: Patch = {};
  const saidTo = line?.sounding?.to ?? line?.saidTo ?? 0;
  const goesOn = line !== undefined && !interrupted && line.state === 'speaking' && expectsMore(line, saidTo);
  if (state.speakingTurn === turn && !goesOn) patch.speakingTurn = null;
  if (interrupted && (state.speakingTurn === turn || state.speakingTurn === null)) patch.caption = null;
  if (!line) return patch;
  if (interrupted && line.state !== 'failed') {
    patch.lines = change(state.lines, line.id, { state: 'interrupted', sounding: null });
  } else if (goesOn) {
    // Its mark stays until the next sentence takes it over: nothing flickers in the moment between.
    patch.lines = change(state.lines, line.id, { saidTo });
  } else if (isOpen(line)) {
    patch.lines = change(state.lines, line.id, finished({ ...line, saidTo }));
  }
  return patch;
}

/** Whether another sentence is to come. Words that were never found in the line tell nothing: then each end may be the last. */
const expectsMore = (line: Line, saidTo: number): boolean =>
  (line.kind === 'chat' && !line.answerDone) || (saidTo > 0 && hasMoreToSay(wordsOf(line), saidTo));

/** No next sentence has come for a while after the one that was the `sentences`th. */
export function settle(state: StudioState, turn: number, sentences: number): Patch {
  const line = state.lines.find((l) => l.turn === turn);
  if (line?.state !== 'speaking' || line.sentences !== sentences) return {};
  const waits = line.kind === 'chat' && !line.answerDone;
  return {
    lines: change(state.lines, line.id, waits ? { state: 'answering', sounding: null } : finished(line)),
    ...(state.speakingTurn === turn ? { speakingTurn: null } : {}),
  };
}

/** Parts whose faults concern what is being said; others (encoder, ...) concern the session. */
const SPEECH_PARTS = new Set(['llm', 'voice', 'tts', 'audio', 'rule']);

/** The line that an error belongs to: by its turn, else the one that is being worked on. Undefined: none, tell it elsewhere. */
export function lineOfError(state: StudioState, event: EventOf<'error'>): Line | undefined {
  const { turn } = event;
  if (turn !== undefined) return state.lines.find((line) => line.turn === turn);
  if (!SPEECH_PARTS.has(event.part)) return undefined;
  return state.lines.find((line) => line.turn !== null && line.turn === state.speakingTurn) ?? state.lines.find(isOpen);
}

function faulted(state: StudioState, event: EventOf<'error'>): Patch {
  const line = lineOfError(state, event);
  if (!line || line.state === 'interrupted') return {};
  const { message, engine, fallback, reason, remedy } = event;
  if (fallback) {
    const note = { engine: engine ?? event.part, instead: fallback, reason: reason ?? message };
    return { lines: change(state.lines, line.id, { note }) };
  }
  // People with two services want to know which of them failed.
  const what = reason ?? message;
  const problem = { reason: engine ? `${engine}: ${what}` : what, remedy: remedy ?? null };
  // A sentence that sounds is heard to its end; the line has failed all the same, and shows so when it is over.
  const sounds = line.state === 'speaking' && line.sounding !== null && line.saidTo < line.sounding.to;
  if (sounds) return { lines: change(state.lines, line.id, { problem }) };
  return {
    lines: change(state.lines, line.id, { problem, state: 'failed', sounding: null }),
    ...(state.speakingTurn === line.turn ? { speakingTurn: null } : {}),
  };
}

/** Takes a caption away, unless another has taken its place. */
export function clearCaption(state: StudioState, caption: StudioState['caption']): Patch {
  return state.caption === caption ? { caption: null } : {};
}
