import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { say } from '../../../shared/told';
import { HeraldError } from '../errors';
import { BUILT_IN_MODEL } from '../mouth/find-model';
import { convertCheckpoint } from '../mouth/weights/convert';
import type { Importer } from './library';

export interface WeightsImporterOptions {
  /** `<data>/models`: weights, and beside them what was made of them. */
  modelsDir: string;
  /** Another folder in which the setting `model` looks first. */
  otherDir?: string;
  /** A model of this name is there from now on. */
  onImported?(name: string): void;
}

const ENDINGS = ['.pth', '.onnx'];

/** A checkpoint or an ONNX network becomes a model that the setting `model` can name. */
export function weightsImporter({ modelsDir, otherDir, onImported }: WeightsImporterOptions): Importer {
  const dirs = [modelsDir, ...(otherDir ? [otherDir] : [])];
  return {
    fallbackName: 'weights',
    isTaken: (name) =>
      name === BUILT_IN_MODEL || dirs.some((dir) => ENDINGS.some((ending) => existsSync(join(dir, name + ending)))),
    async run(received, name, { signal, onProgress, onStep, warn }) {
      if (received.kind !== 'weights') throw new HeraldError('malformed', 'these are no weights');
      // Named as it will be: the converter keeps the name of what it converted. A .pt is what others call a .pth.
      const ending = extname(received.file) === '.onnx' ? '.onnx' : '.pth';
      const file = join(dirname(received.file), name + ending);
      await rename(received.file, file);
      onStep('convert');
      const { info } = await convertCheckpoint(file, modelsDir, {
        signal,
        onProgress: ({ stage, fraction }) => {
          onStep(stage === 'checking' ? 'check' : 'convert');
          onProgress(fraction);
        },
      });
      signal.throwIfAborted();
      await mkdir(modelsDir, { recursive: true });
      await rename(file, join(modelsDir, name + ending));
      onImported?.(name);
      const check = info.fast?.selfCheck;
      if (check && !check.holds) {
        warn(
          say('import.slowGraph', {
            difference: check.maxDifference.toExponential(1),
            tolerance: check.tolerance.toExponential(1),
          }),
        );
      }
      return {
        kind: 'weights',
        model: name,
        variant: info.variant,
        faceSizePx: info.faceSizePx,
        ...(info.parameters !== null && { parameters: info.parameters }),
        ...(check && { maxDifference: check.maxDifference }),
      };
    },
  };
}
