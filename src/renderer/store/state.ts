import type { MessageKey, Values } from '../i18n/translate';
import type { Figures } from '../rtc/stats';

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

export type LineState = 'sending' | 'queued' | 'speaking' | 'said' | 'interrupted' | 'failed';

/** One thing that the presenter was asked to say. */
export interface Line {
  id: number;
  kind: 'text' | 'audio';
  /** What is said, or the file's name. */
  text: string;
  state: LineState;
  /** The server's number for it, known from its `start` event on. */
  turn: number | null;
  sentAtMs: number;
  /** Nothing was being said when it was asked for, so its wait is the server's latency and not a queue. */
  fresh: boolean;
  problem: string | null;
}

export interface Toast {
  id: number;
  tone: 'bad' | 'info';
  title: MessageKey;
  values?: Values;
  /** What to do, as a key of our own or as the server put it. */
  detail?: MessageKey;
  detailText?: string;
  detailValues?: Values;
}

export interface Upload {
  name: string;
  /** 0..1 while bytes travel, then null while the server reads the file. */
  progress: number | null;
}

export type Sound = 'on' | 'muted' | 'blocked';

export interface StudioState {
  connection: Connection;
  /** The turn being spoken, if any. */
  speakingTurn: number | null;
  caption: { text: string; kind: 'text' | 'audio' } | null;
  lines: Line[];
  audiotype: number;
  latencyMs: number | null;
  figures: Figures;
  upload: Upload | null;
  sound: Sound;
  volume: number;
  toasts: Toast[];
}
