import type { Avatar, Box } from '../avatar/avatar';

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
}

export interface MouthRequest {
  avatar: Avatar;
  pictureIndex: number;
  window: MelWindow;
}

export interface MouthStatus {
  model: string;
  provider: string;
  faceSizePx: number;
  /** CPU-ms per picture as timed after warm-up. */
  warmPictureMs: number;
  state: 'starting' | 'ready' | 'restarting' | 'failed';
  restarts: number;
  lastError?: string;
}

/**
 * Lip-sync. Where its window begins relative to the picture's own time is the model's affair (DESIGN: [t - 40, t + 160] ms).
 * A failed or crashed engine resolves `undefined` (the idle mouth is shown) rather than rejecting: speech goes on.
 */
export interface Mouth {
  /** Start of the 200 ms window relative to the picture it is for, e.g. -37.5. */
  readonly windowStartMs: number;
  status(): MouthStatus;
  /** Resolves when the engine can infer; rejects with a message that says what to do when it never will. */
  ready(): Promise<void>;
  infer(request: MouthRequest, signal: AbortSignal): Promise<MouthPatch | undefined>;
  /** Gets a picture's face ready in silence, so that its first mouth is not late. Does nothing when that was done before. */
  prepare(avatar: Avatar, pictureIndex: number): void;
  close(): Promise<void>;
}
