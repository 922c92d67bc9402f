import type { AvatarSummary, PerformanceSummary, TurnLatency } from '../../shared/protocol';
import type { Figures } from '../rtc/stats';
import type { Heard, Voices } from './voices';

/** Where the connection stands. `queued` = the server is full; `refused` = it will not have us until something changes. */
export type Phase = 'offline' | 'connecting' | 'connected' | 'reconnecting' | 'queued' | 'refused';

export interface Connection {
  phase: Phase;
  sessionId: number | null;
  /** Tries since the last success, from 1; 0 when none is going on. */
  attempt: number;
  /** When the next try starts; null while one is running. */
  retryAtMs: number | null;
}

export type LineState =
  | 'sending'
  | 'queued'
  | 'thinking'
  | 'answering'
  | 'speaking'
  | 'said'
  | 'interrupted'
  | 'failed';

/** What went wrong with a line: why, and what to do about it. */
export interface Problem {
  reason: string;
  remedy: string | null;
}

/** How far a turn has come. It belongs to the turn, so it moves with the number when a line turns out to be another one. */
export interface Progress {
  /** The server's number for it: from /human's reply, or from its first event where that comes first. */
  turn: number | null;
  state: LineState;
  /** What the model has answered so far; empty where nothing was asked. */
  answer: string;
  answerDone: boolean;
  /** How many sentences have begun to sound. */
  sentences: number;
  /** Where in the words the sentence stands that is heard, or was just heard while the next one is to come. */
  sounding: Span | null;
  /** Words before this place were said. */
  saidTo: number;
  problem: Problem | null;
  /** Something did not go as asked, and it went on all the same: a voice that stands in for another. */
  note: { engine: string; instead: string; reason: string } | null;
}

/** One thing that the presenter was asked: to say a text, to answer a question, to play a file. */
export interface Line extends Progress {
  id: number;
  kind: 'echo' | 'chat' | 'audio';
  /** What is said or asked, or the file's name. */
  text: string;
  /** Asked from this page; false where another program uses the same session. */
  own: boolean;
  sentAtMs: number;
  /** Nothing was being said when it was asked for, so its wait is the server's latency and not a queue. */
  fresh: boolean;
}

export interface Span {
  from: number;
  to: number;
}

export interface Upload {
  name: string;
  /** 0..1 while bytes travel, then null while the server reads the file. */
  progress: number | null;
}

/** What is being recorded. */
export interface Taping {
  /** `starting` until the first picture is on the disk, `ending` until the file is playable. */
  state: 'starting' | 'on' | 'ending';
  /** On the page's clock; null while starting. */
  startedAtMs: number | null;
  /** On the disk so far, as the server told last; null until then. */
  bytes: number | null;
}

/** A performance that was asked for; it may have to wait for speech to end. */
export interface Act {
  audiotype: number;
  /** On the page's clock; null while it waits. */
  startedAtMs: number | null;
}

/** What the server tells of the session. */
export interface SessionInfo {
  avatar: string;
  performances: PerformanceSummary[];
}

export interface Avatars {
  avatars: AvatarSummary[];
  problems: { id: string; message: string }[];
  default: string;
}

export type SideTab = 'chat' | 'script' | 'audio';

export type Sound = 'on' | 'muted' | 'blocked';

export interface StudioState {
  connection: Connection;
  /** The turn being spoken, if any. */
  speakingTurn: number | null;
  caption: { text: string; audio: boolean } | null;
  lines: Line[];
  audiotype: number;
  act: Act | null;
  taping: Taping | null;
  /** Why the last recording did not begin, or was not kept. */
  tapeProblem: string | null;
  /** Null until the server has told; as is `avatars`. */
  session: SessionInfo | null;
  avatars: Avatars | null;
  libraryOpen: boolean;
  /** The panel beside the stage. */
  sideTab: SideTab;
  /** The sheet of keys. */
  keysOpen: boolean;
  /** What is written and not sent yet. */
  draft: string;
  /** Who answers questions, and how, is being set. */
  modelOpen: boolean;
  latencyMs: number | null;
  /** The server's own figures of the latest turn. */
  latency: TurnLatency | null;
  /** Null until the server has told. */
  voices: Voices | null;
  voice: Heard | null;
  /** The language model that answers, where the server tells. */
  model: string | null;
  figures: Figures;
  upload: Upload | null;
  sound: Sound;
  volume: number;
}
