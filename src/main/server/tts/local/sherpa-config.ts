import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { espeakDataDir } from './espeak-data';
import type { SherpaConfig, SherpaModel } from './messages';
import type { LocalModel } from './models';
import { preparePiper } from './piper';

/** The mouth and the encoder want their share: a second thread only where there is room for it. */
const threads = () => (availableParallelism() >= 4 ? 2 : 1);

/**
 * What sherpa-onnx is asked to load. Makes ready what has to be: a Piper download, espeak-ng's data.
 * @param cacheDir where that is kept
 * @throws ProviderError
 */
export async function sherpaConfig(model: LocalModel, cacheDir: string): Promise<SherpaConfig> {
  const { files } = model;
  return {
    model: { ...(await modelFiles(model, cacheDir)), numThreads: threads(), provider: 'cpu', debug: false },
    ...(files.ruleFsts !== undefined && { ruleFsts: paths(model.dir, files.ruleFsts) }),
    maxNumSentences: 1,
  };
}

async function modelFiles({ family, dir, files, piper }: LocalModel, cacheDir: string): Promise<SherpaModel> {
  const at = (file: string) => join(dir, file);
  if (piper) {
    const prepared = await preparePiper(at(files.model!), piper, join(cacheDir, 'piper'));
    const { noiseScale, noiseScaleW, lengthScale } = piper;
    return {
      vits: {
        ...prepared,
        dataDir: await espeakDataDir(cacheDir),
        ...(noiseScale !== undefined && { noiseScale }),
        ...(noiseScaleW !== undefined && { noiseScaleW }),
        ...(lengthScale !== undefined && { lengthScale }),
      },
    };
  }
  if (family === 'supertonic') {
    return { supertonic: Object.fromEntries(Object.entries(files).map(([key, file]) => [key, at(file)])) as never };
  }
  const tokens = at(files.tokens!);
  const lexicon = files.lexicon === undefined ? {} : { lexicon: paths(dir, files.lexicon) };
  const dataDir = files.dataDir === undefined ? undefined : at(files.dataDir);
  switch (family) {
    case 'kokoro':
      return {
        kokoro: {
          model: at(files.model!),
          voices: at(files.voices!),
          tokens,
          dataDir: dataDir ?? (await espeakDataDir(cacheDir)),
          ...lexicon,
        },
      };
    case 'kitten':
      return {
        kitten: {
          model: at(files.model!),
          voices: at(files.voices!),
          tokens,
          dataDir: dataDir ?? (await espeakDataDir(cacheDir)),
        },
      };
    default: {
      // A model with a lexicon reads by that; one with neither was made for espeak-ng.
      const data = dataDir ?? (files.lexicon === undefined ? await espeakDataDir(cacheDir) : undefined);
      const common = { tokens, ...lexicon, ...(data !== undefined && { dataDir: data }) };
      if (family === 'matcha') {
        return { matcha: { acousticModel: at(files.model!), vocoder: at(files.vocoder!), ...common } };
      }
      return { vits: { model: at(files.model!), ...common } };
    }
  }
}

const paths = (dir: string, files: string) =>
  files
    .split(',')
    .map((file) => join(dir, file))
    .join(',');
