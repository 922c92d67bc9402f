import { z } from 'zod';

/** The fifteen visemes of Oculus, with their names. `TH` and `nn` are never sent: from outside they are `SS` and `DD`. */
export const VISEMES = [
  'sil',
  'PP',
  'FF',
  'TH',
  'DD',
  'kk',
  'CH',
  'SS',
  'nn',
  'RR',
  'aa',
  'E',
  'ih',
  'oh',
  'ou',
] as const;
export type Viseme = (typeof VISEMES)[number];

/** The blend shapes of ARKit that the coefficients speak of: the mouth's, without tongue, cheeks and dimples. */
export const MOUTH_SHAPES = [
  'jawOpen',
  'mouthClose',
  'mouthFunnel',
  'mouthPucker',
  'mouthSmileLeft',
  'mouthSmileRight',
  'mouthStretchLeft',
  'mouthStretchRight',
  'mouthPressLeft',
  'mouthPressRight',
  'mouthRollLower',
  'mouthRollUpper',
  'mouthLowerDownLeft',
  'mouthLowerDownRight',
  'mouthUpperUpLeft',
  'mouthUpperUpRight',
] as const;
export type MouthShape = (typeof MOUTH_SHAPES)[number];

/** Of /sse, where everything is text. */
export const visemesQuery = z
  .enum(['true', 'false', '1', '0', ''])
  .default('false')
  .transform((text) => text === 'true' || text === '1')
  .describe('Send the mouth of each picture of speech as well, in numbers (docs/visemes.md)');

const weight = z.number().min(0).max(1);

/** The mouth of one picture, 40 ms of sound. */
export const visemePicture = z.object({
  ptsSamples: z.int().describe("When, in 48 kHz samples of the session's clock; a picture lasts 1,920"),
  rtp: z
    .object({ video: z.int().optional(), audio: z.int().optional() })
    .optional()
    .describe('The RTP timestamps that the picture (90 kHz) and its sound (48 kHz) carry to the viewer of the session'),
  turn: z.int().optional().describe('What is being said; absent where nothing is'),
  turnMs: z.number().optional().describe('Into the turn'),
  visemes: z.partialRecord(z.enum(VISEMES), weight).describe('Their sum is 1; what is not named is 0'),
  shapes: z.partialRecord(z.enum(MOUTH_SHAPES), weight).describe('Blend shapes of ARKit; what is not named is 0'),
});
export type VisemePicture = z.infer<typeof visemePicture>;

/** Mouths of speech, oldest first, as sent on /sse?visemes=true and, one picture each, on the data channel `visemes`. */
export const visemesEvent = z.object({
  status: z.literal('visemes'),
  pictures: z.array(visemePicture).min(1),
  dropped: z.int().optional().describe('Pictures left out before these, because the client did not read'),
});
export type VisemesEvent = z.infer<typeof visemesEvent>;
