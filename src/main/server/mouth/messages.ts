import type { Box, I420Picture } from '../avatar/avatar';
import type { EngineFacts, EngineOptions } from './engine';
import type { Int8Job, Int8Verdict } from './int8/job';
import type { LipModel } from './model';
import type { ProviderName } from './providers';

/** From the server to the inference process. Handled in order, except that `drop` overtakes what still waits. */
export type ToInfer =
  | { type: 'load'; model: LipModel; options: EngineOptions }
  /** Keep this face in a slot (replacing what is there) for the `infer` messages that follow. */
  | { type: 'face'; slot: number; face: I420Picture }
  | { type: 'forget'; slot: number }
  | { type: 'infer'; id: number; slot: number; mel: Float32Array }
  | { type: 'drop'; id: number }
  /** What the speech half of lip-mini hears: no picture is drawn. */
  | { type: 'coefficients'; id: number; mel: Float32Array }
  /** Makes an int8 network, for minutes if need be: sent to a process that does nothing else. */
  | { type: 'quantise'; job: Int8Job };

export interface PatchFacts {
  id: number;
  region: Box;
  inferMs: number;
  composeMs: number;
}

/** How a `patch` travels when its bytes are in the file that both processes have open (shared-file.ts). */
export type PatchInFile = { type: 'patch-in-file'; place: number; bytes: number } & PatchFacts;

/** From the inference process. Each `infer` is answered by exactly one of `patch`, `missed` and `dropped`, `coefficients` by itself or `missed`. */
export type FromInfer =
  /** Should the process end now, then this provider is at fault. */
  | { type: 'trying'; provider: ProviderName }
  | { type: 'loaded'; facts: EngineFacts }
  /** The model will never load; trying again is no use. */
  | { type: 'refused'; message: string }
  /** `region` is relative to the face box. The times are wall clock. */
  | ({ type: 'patch'; data: Uint8Array; release?: () => void } & PatchFacts)
  | { type: 'missed'; id: number; message: string }
  | { type: 'dropped'; id: number }
  /** In the order of `visemeModel().coefficients`, 0..1. */
  | { type: 'coefficients'; id: number; values: Float32Array }
  | { type: 'quantised'; verdict: Int8Verdict };
