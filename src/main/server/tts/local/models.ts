import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ProviderError } from '../../provider-error';
import { fault } from './fault';
import { readOnnxMetadata } from './onnx-metadata';
import { type PiperSettings, readPiperSettings } from './piper';

export type ModelFamily = 'piper' | 'vits' | 'matcha' | 'kokoro' | 'kitten' | 'supertonic';

export interface Speaker {
  name: string;
  /** What sherpa-onnx calls it. */
  id: number;
}

/** A folder that holds a voice. File names are relative to `dir`. */
export interface LocalModel {
  /** The folder's name, and what `--voice` takes. */
  name: string;
  dir: string;
  family: ModelFamily;
  /** Languages it reads, ISO 639-1; empty where the files do not tell: then it is asked to read anything. */
  languages: string[];
  /** BCP 47, where the files tell. */
  locale: string | undefined;
  /** Empty where there is only one. */
  speakers: Speaker[];
  files: Record<string, string>;
  /** Only of a Piper voice as it is downloaded, which has to be made ready for sherpa-onnx (see piper.ts). */
  piper: PiperSettings | undefined;
}

export interface FoundModels {
  models: LocalModel[];
  /** Folders that look like voices and cannot be used. */
  problems: ProviderError[];
}

/** LibriTTS has 904; more names than this nobody chooses from. */
const MAX_SPEAKERS = 1_000;
const VOCODER = /^(?:vocos|hifigan)[^/]*\.onnx$/;
const SUPERTONIC = {
  durationPredictor: /^duration_predictor.*\.onnx$/,
  textEncoder: /^text_encoder.*\.onnx$/,
  vectorEstimator: /^vector_estimator.*\.onnx$/,
  vocoder: /^vocoder.*\.onnx$/,
  ttsJson: /^tts\.json$/,
  unicodeIndexer: /^unicode_indexer\.bin$/,
  voiceStyle: /^voice\.bin$/,
};
/** In the order in which sherpa-onnx's own examples apply them. */
const RULES = ['phone.fst', 'date.fst', 'number.fst', 'new_heteronym.fst'];

/** The voices in a folder of folders, by name; a folder that does not exist holds none. */
export async function findModels(modelsDir: string): Promise<FoundModels> {
  const entries = await readdir(modelsDir, { withFileTypes: true }).catch(() => []);
  const found: FoundModels = { models: [], problems: [] };
  // Hidden folders are downloads under way.
  const folders = entries.filter((e) => (e.isDirectory() || e.isSymbolicLink()) && !e.name.startsWith('.'));
  for (const { name } of folders.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    try {
      found.models.push(await recogniseModel(join(modelsDir, name)));
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      found.problems.push(error);
    }
  }
  return found;
}

/** @throws ProviderError naming the file that is missing or broken */
export async function recogniseModel(dir: string): Promise<LocalModel> {
  const name = basename(dir);
  const files = await readdir(dir).catch((error: Error) => {
    throw fault(`the folder ${dir} cannot be read (${error.message})`, 'Check its permissions.', { cause: error });
  });
  const has = (file: string) => files.includes(file);
  const find = (pattern: RegExp) => files.filter((file) => pattern.test(file)).sort()[0];
  const common = { name, dir, locale: undefined, speakers: [], piper: undefined };

  if (find(SUPERTONIC.durationPredictor)) {
    const parts = Object.entries(SUPERTONIC).map(([part, pattern]) => {
      const file = find(pattern);
      if (!file) throw incomplete(name, pattern.source.replace(/[\\^$]/g, '').replace('.*', '*'));
      return [part, file];
    });
    // Which languages depends on the release (Supertonic 3: 31), and no file says it.
    return { ...common, family: 'supertonic', languages: [], files: Object.fromEntries(parts) };
  }

  const vocoder = find(VOCODER);
  const model = files.filter((file) => file.endsWith('.onnx') && file !== vocoder).sort()[0];
  if (!model) {
    throw fault(
      `${dir} holds no voice: there is no .onnx file in it`,
      'Put the files of one voice there, or delete it; npm run voice -- list shows voices to download.',
    );
  }
  const metadata = await readOnnxMetadata(join(dir, model));
  const type = metadata.get('model_type') ?? '';

  if (!metadata.has('sample_rate')) {
    // As Piper itself publishes it: the settings are beside it, not in it.
    if (!has(`${model}.json`)) {
      if (has('tokens.txt')) throw fault(`${model} of "${name}" was not made for sherpa-onnx`, REMEDY_NOT_SHERPA);
      throw incomplete(name, `${model}.json`);
    }
    const piper = await readPiperSettings(join(dir, `${model}.json`));
    return { ...common, ...describePiper(piper), family: 'piper', files: { model }, piper };
  }

  if (!has('tokens.txt')) throw incomplete(name, 'tokens.txt');
  const described = { ...common, ...(await describe(metadata, join(dir, `${model}.json`))) };
  const lexicon = files.filter((file) => /^lexicon.*\.txt$/.test(file)).sort();
  const optional = {
    ...(has('espeak-ng-data') && { dataDir: 'espeak-ng-data' }),
    ...(lexicon.length > 0 && { lexicon: lexicon.join(',') }),
    ...(RULES.some(has) && { ruleFsts: RULES.filter(has).join(',') }),
  };
  const tokens = 'tokens.txt';
  if (has('voices.bin') || type.startsWith('kokoro') || type.startsWith('kitten')) {
    if (!has('voices.bin')) throw incomplete(name, 'voices.bin');
    const family = type.startsWith('kitten') ? 'kitten' : 'kokoro';
    return { ...described, family, files: { model, tokens, voices: 'voices.bin', ...optional } };
  }
  if (type.startsWith('matcha') || /^model-steps-/.test(model)) {
    if (!vocoder) throw incomplete(name, 'the vocoder (vocos-22khz-univ.onnx)');
    return { ...described, family: 'matcha', files: { model, tokens, vocoder, ...optional } };
  }
  return { ...described, family: 'vits', files: { model, tokens, ...optional } };
}

const REMEDY_NOT_SHERPA =
  "Download the voice from sherpa-onnx's releases (tts-models), where models carry what it needs.";

const incomplete = (name: string, file: string) =>
  fault(`the voice "${name}" is incomplete: ${file} is missing`, 'Download it again, all of its files.');

function describePiper({ locale, language, speakers }: PiperSettings) {
  return { languages: [language], locale, speakers };
}

async function describe(metadata: Map<string, string>, piperFile: string) {
  const languages = languagesIn(metadata);
  // sherpa-onnx's archives of Piper voices keep Piper's settings: they know the speakers' names and the country.
  const piper = await readFile(piperFile, 'utf8').then(
    () => readPiperSettings(piperFile).catch(() => undefined),
    () => undefined,
  );
  if (piper) return describePiper(piper);
  const names = (metadata.get('speaker_names') ?? '').split(',').filter(Boolean);
  const count = Math.min(MAX_SPEAKERS, Number(metadata.get('n_speakers')) || 1);
  const all = names.length > 0 ? names : Array.from({ length: count }, (_, id) => String(id));
  const speakers = all.length > 1 ? all.slice(0, MAX_SPEAKERS).map((name, id) => ({ name, id })) : [];
  return { languages, locale: languages.length === 1 ? languages[0] : undefined, speakers };
}

const LANGUAGE_NAMES: Record<string, string> = {
  english: 'en',
  chinese: 'zh',
  mandarin: 'zh',
  cantonese: 'yue',
  japanese: 'ja',
  korean: 'ko',
};

/** What sherpa-onnx's conversion scripts write: `language` for people ("Chinese + English"), `voice` for espeak-ng. */
function languagesIn(metadata: Map<string, string>): string[] {
  const words = (metadata.get('language') ?? '').toLowerCase().match(/[a-z]+/g) ?? [];
  const named = words.flatMap((word) => LANGUAGE_NAMES[word] ?? []);
  if (named.length > 0) return [...new Set(named)];
  const espeak = metadata.get('voice')?.split('-')[0];
  return espeak ? [espeak === 'cmn' ? 'zh' : espeak] : [];
}
