import { create } from 'zustand';
import type { RecentFile } from './audio-recents';
import type { Part } from './audio-trim';

/** A recording that lies open. */
export interface OpenFile {
  /** Tells one opening from the next. */
  id: number;
  name: string;
  blob: Blob;
  /** Of the blob, for the player; revoked when the next file is opened. */
  url: string;
  /** Null where this browser cannot tell. */
  durationMs: number | null;
  /** What is drawn, for the whole length; null where it is not: see `problem`. */
  peaks: Float32Array | null;
  part: Part | null;
  /** Why it can be played only as a whole. */
  problem: 'unreadable' | 'tooLong' | null;
}

export type CaptureProblem = 'denied' | 'missing' | 'busy' | 'insecure' | 'unsupported' | 'failed' | 'silent';

/** The microphone. `asking` while the browser asks for leave, `ending` while what was said is being put in order. */
export type CaptureState = 'off' | 'asking' | 'on' | 'ending';

export interface AudioState {
  file: OpenFile | null;
  /** The name of a file that is being looked through. */
  opening: string | null;
  /** Why what was picked is not open. */
  openProblem: { kind: 'empty' | 'notAudio' | 'gone'; name: string } | null;
  /** Null until the list was read. */
  recents: RecentFile[] | null;
  /** The part is being cut out, before it is sent. */
  cutting: boolean;
  /** The conversation's line of what was played last, and how long it is. */
  played: { line: number; durationMs: number | null } | null;
  /** Why the last try to play came to nothing. */
  playProblem: { kind: 'tooLarge' | 'offline' | 'refused' | 'cutFailed'; detail: string } | null;
  capture: CaptureState;
  captureProblem: CaptureProblem | null;
  captureStartedAtMs: number | null;
}

export const useAudio = create<AudioState>(() => ({
  file: null,
  opening: null,
  openProblem: null,
  recents: null,
  cutting: false,
  played: null,
  playProblem: null,
  capture: 'off',
  captureProblem: null,
  captureStartedAtMs: null,
}));
