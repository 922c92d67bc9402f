import type { Avatar, Box } from '../avatar/avatar';
import type { MouthMode } from './engine';
import type { ProviderTrial } from './providers';

/** 16 mel frames of 80 bands, band-major as the network wants it: data[band * 16 + frame]. */
export interface MelWindow {
  data: Float32Array;
}

/**
 * The lower face for one picture, already scaled, colour-matched and blended onto the avatar's own pixels with a soft mask
 * in the inference process; pasting it is copying rows. I420, tightly packed, `region` even-aligned.
 */
export interface MouthPatch {
  region: Box;
  data: Uint8Array;
  /** Nobody reads `data` any more: its buffer may hold another mouth. One that is never given back costs a new buffer. */
  release?(): void;
}

export interface MouthRequest {
  avatar: Avatar;
  pictureIndex: number;
  window: MelWindow;
}

export interface MouthEvent {
  /**
   * `restarted`: mouths are missing for a moment. `resumed`: they are back. `failed`: there will be none until Herald is
   * restarted. `resampled`: the avatar's faces are of another size than the model's, which costs sharpness and nothing else.
   * `refused`: another model was asked for and cannot be used; the one before goes on.
   */
  kind: 'restarted' | 'resumed' | 'failed' | 'resampled' | 'refused';
  message: string;
}

export interface MouthStatus {
  model: string;
  provider: string;
  /** Every provider: its time, or why it was not taken. */
  providers?: ProviderTrial[];
  mode?: MouthMode | 'none';
  /** Why it is not the usual mode. */
  modeReason?: string;
  /** Threads of the CPU that share each picture; absent on another device. */
  threads?: number;
  /** How precisely the features of a face are kept, in the modes that keep them. */
  keptBits?: 8 | 16 | 32;
  faceSizePx: number;
  /** CPU-ms per picture as timed after warm-up. */
  warmPictureMs: number;
  /** Wall clock of a picture lately, as its engine had it to itself. */
  recentPictureMs?: number;
  state: 'starting' | 'ready' | 'restarting' | 'failed';
  restarts: number;
  /** The model that was asked for, while this one serves in its place: it is `loading`, or cannot be used. */
  instead?: { model: string; why: string; loading: boolean };
  lastError?: string;
}

/**
 * Lip-sync. Where its window begins relative to the picture's own time is the model's affair (DESIGN: [t - 40, t + 160] ms).
 * A failed or crashed engine resolves `undefined` (the idle mouth is shown) rather than rejecting: speech goes on.
 */
export interface Mouth {
  /** Start of the 200 ms window relative to the picture it is for, e.g. -37.5. */
  readonly windowStartMs: number;
  /**
   * How long an answer to a request made now would take, after those under way. A picture that is due sooner is better skipped
   * than asked for: it would come too late, and so would the next one. Absent: at once.
   */
  readonly answerInMs?: number;
  /** False while a request would be refused, such as between the death of the engine and its return. */
  readonly canAnswer?: boolean;
  status(): MouthStatus;
  /** Resolves when the engine can infer; rejects with a message that says what to do when it never will. */
  ready(): Promise<void>;
  infer(request: MouthRequest, signal: AbortSignal): Promise<MouthPatch | undefined>;
  /**
   * The mouth coefficients of a window that begins `visemeModel().windowStartMs` from its picture, whichever weights draw. `undefined`:
   * they could not be had in time. Rejects with what to do when they never can be.
   */
  coefficients?(window: MelWindow, signal: AbortSignal): Promise<Float32Array | undefined>;
  /** Gets a picture's face ready in silence, so that its first mouth is not late. Does nothing when that was done before. */
  prepare(avatar: Avatar, pictureIndex: number): void;
  close(): Promise<void>;
}
