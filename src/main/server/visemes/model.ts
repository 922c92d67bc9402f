import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { VISEMES } from '../../../shared/viseme-protocol';
import { filesRoot } from '../entries';

/** The speech half of lip-mini: a window of mel -> mouth coefficients, whichever weights draw the pictures. */
export const VISEME_MODEL_FILE = join(filesRoot, 'models', 'lip-mini-visemes.onnx');

const about = z.object({
  format: z.literal('herald-visemes/1'),
  /** Of the 200 ms window, relative to the picture. */
  windowStartMs: z.number(),
  /** Names of the coefficients, in the order of the network's answer. */
  coefficients: z.array(z.string()).min(1),
  /** The coefficients' targets while a sound of the viseme is said (models/recipe/phonemes.py). */
  visemes: z.partialRecord(z.enum(VISEMES), z.record(z.string(), z.number())),
});
export type VisemeModel = z.infer<typeof about>;

let model: VisemeModel | undefined;

/** @throws Error that names the file and what to do, where it is missing or broken */
export function visemeModel(): VisemeModel {
  if (model) return model;
  const file = VISEME_MODEL_FILE.replace(/\.onnx$/, '.json');
  try {
    model = about.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file} cannot be used (${(error as Error).message}). Restore it (git checkout -- models).`);
  }
  return model;
}
