import type { HeraldErrorKind } from '../../errors';
import type { ConvertJob, ConvertProgress } from './convert-job';
import type { ConvertedModel } from './model-info';

/** To the converter, once. */
export type ToConverter = { type: 'convert'; job: ConvertJob };

/** From the converter: progress, then exactly one of the others. */
export type FromConverter =
  | ({ type: 'progress' } & ConvertProgress)
  | { type: 'converted'; model: ConvertedModel }
  /** `kind`: a HeraldError's; without it the fault is ours or the machine's. */
  | { type: 'failed'; kind?: HeraldErrorKind; message: string };
