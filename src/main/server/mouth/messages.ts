import type { Box, I420Picture } from '../avatar/avatar';

/** From the server to the inference process. Handled in order, except that `drop` overtakes what still waits. */
export type ToInfer =
  | { type: 'load'; modelFile: string }
  /** Keep this face in a slot (replacing what is there) for the `infer` messages that follow. */
  | { type: 'face'; slot: number; face: I420Picture }
  | { type: 'forget'; slot: number }
  | { type: 'infer'; id: number; slot: number; mel: Float32Array }
  | { type: 'drop'; id: number };

/** From the inference process. Each `infer` is answered by exactly one of `patch`, `missed` and `dropped`. */
export type FromInfer =
  | { type: 'loaded'; faceSizePx: number; provider: string; warmPictureMs: number }
  /** The model will never load; trying again is no use. */
  | { type: 'refused'; message: string }
  /** `region` is relative to the face box. The times are wall clock. */
  | { type: 'patch'; id: number; region: Box; data: Uint8Array; inferMs: number; composeMs: number }
  | { type: 'missed'; id: number; message: string }
  | { type: 'dropped'; id: number };
