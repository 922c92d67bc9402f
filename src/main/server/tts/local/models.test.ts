import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outlineOnnx, piperSettings, temporaryFolder, writeFiles } from '../../../../../testing/voice-folders';
import { findModels, recogniseModel } from './models';
import { sherpaConfig } from './sherpa-config';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const put = (name: string, files: Record<string, string | Buffer | undefined>) =>
  writeFiles(join(folder.dir, name), files);
const configOf = async (dir: string) =>
  (await sherpaConfig(await recogniseModel(dir), join(folder.dir, 'cache'))).model;

const PIPER = {
  model_type: 'vits',
  comment: 'piper',
  language: 'English',
  voice: 'en-us',
  has_espeak: 1,
  sample_rate: 22_050,
};
const KOKORO = {
  model_type: 'kokoro',
  language: 'multi-lang, e.g., English, Chinese',
  voice: 'en-us',
  sample_rate: 24_000,
  n_speakers: 3,
  speaker_names: 'af_heart,bm_lewis,zf_xiaobei',
};

describe('recognises', () => {
  it('a Piper voice as Piper publishes it', async () => {
    const dir = await put('joe', { 'joe.onnx': outlineOnnx(), 'joe.onnx.json': piperSettings(), MODEL_CARD: 'CC0' });
    expect(await recogniseModel(dir)).toMatchObject({
      name: 'joe',
      family: 'piper',
      languages: ['en'],
      locale: 'en-US',
      speakers: [],
      files: { model: 'joe.onnx' },
      piper: { sampleRateHz: 22_050, espeakVoice: 'en-us', noiseScaleW: 0.8 },
    });
  });

  it("sherpa-onnx's archive of a Piper voice, with the speakers' names from Piper's settings", async () => {
    const dir = await put('vctk', {
      'vctk.onnx': outlineOnnx({ ...PIPER, n_speakers: 2 }),
      'vctk.onnx.json': piperSettings({
        language: { code: 'en_GB' },
        num_speakers: 2,
        speaker_id_map: { p239: 1, p236: 0 },
      }),
      'tokens.txt': '_ 0\n',
      'espeak-ng-data': undefined,
    });
    expect(await recogniseModel(dir)).toMatchObject({
      family: 'vits',
      locale: 'en-GB',
      piper: undefined,
      speakers: [
        { name: 'p236', id: 0 },
        { name: 'p239', id: 1 },
      ],
    });
    const vits = {
      model: join(dir, 'vctk.onnx'),
      tokens: join(dir, 'tokens.txt'),
      dataDir: join(dir, 'espeak-ng-data'),
    };
    expect(await configOf(dir)).toMatchObject({ vits });
  });

  it('a VITS voice with a lexicon and rules, which needs nothing of espeak-ng', async () => {
    const dir = await put('melo', {
      'model.onnx': outlineOnnx({ model_type: 'melo-vits', language: 'Chinese + English', sample_rate: 44_100 }),
      'tokens.txt': '_ 0\n',
      'lexicon.txt': '',
      'date.fst': '',
      'phone.fst': '',
    });
    const model = await recogniseModel(dir);
    expect(model).toMatchObject({ family: 'vits', languages: ['zh', 'en'], locale: undefined });
    expect(await sherpaConfig(model, folder.dir)).toEqual({
      model: {
        vits: { model: join(dir, 'model.onnx'), tokens: join(dir, 'tokens.txt'), lexicon: join(dir, 'lexicon.txt') },
        numThreads: expect.any(Number),
        provider: 'cpu',
        debug: false,
      },
      ruleFsts: `${join(dir, 'phone.fst')},${join(dir, 'date.fst')}`,
      maxNumSentences: 1,
    });
  });

  it('Kokoro, with its speakers', async () => {
    const dir = await put('kokoro', {
      'model.int8.onnx': outlineOnnx(KOKORO),
      'voices.bin': '',
      'tokens.txt': '',
      'lexicon-us-en.txt': '',
      'lexicon-zh.txt': '',
      'espeak-ng-data': undefined,
    });
    const { family, languages, speakers } = await recogniseModel(dir);
    expect({ family, languages, names: speakers.map(({ name }) => name) }).toEqual({
      family: 'kokoro',
      languages: ['en', 'zh'],
      names: ['af_heart', 'bm_lewis', 'zf_xiaobei'],
    });
    expect(await configOf(dir)).toMatchObject({
      kokoro: {
        model: join(dir, 'model.int8.onnx'),
        voices: join(dir, 'voices.bin'),
        lexicon: `${join(dir, 'lexicon-us-en.txt')},${join(dir, 'lexicon-zh.txt')}`,
      },
    });
  });

  it('Kitten, which looks the same but for a note', async () => {
    const kitten = { ...KOKORO, model_type: 'kitten-tts', language: 'English', n_speakers: 8, speaker_names: '' };
    const dir = await put('kitten', {
      'model.fp16.onnx': outlineOnnx(kitten),
      'voices.bin': '',
      'tokens.txt': '',
      'espeak-ng-data': undefined,
    });
    expect(await recogniseModel(dir)).toMatchObject({ family: 'kitten', languages: ['en'], speakers: { length: 8 } });
    expect(await configOf(dir)).toMatchObject({ kitten: { voices: join(dir, 'voices.bin') } });
  });

  it('Matcha, whose vocoder is a second model', async () => {
    const dir = await put('matcha', {
      'vocos-22khz-univ.onnx': outlineOnnx(),
      'model-steps-3.onnx': outlineOnnx({ model_type: 'matcha-tts', language: 'Chinese', sample_rate: 22_050 }),
      'tokens.txt': '',
      'lexicon.txt': '',
    });
    expect(await recogniseModel(dir)).toMatchObject({ family: 'matcha', languages: ['zh'] });
    expect(await configOf(dir)).toMatchObject({
      matcha: { acousticModel: join(dir, 'model-steps-3.onnx'), vocoder: join(dir, 'vocos-22khz-univ.onnx') },
    });
  });

  it('Supertonic', async () => {
    const onnx = ['duration_predictor', 'text_encoder', 'vector_estimator', 'vocoder'].map(
      (part) => `${part}.int8.onnx`,
    );
    const files = [...onnx, 'tts.json', 'unicode_indexer.bin', 'voice.bin'];
    const dir = await put('supertonic', Object.fromEntries(files.map((file) => [file, ''])));
    expect(await recogniseModel(dir)).toMatchObject({ family: 'supertonic', languages: [] });
    expect(await configOf(dir)).toMatchObject({
      supertonic: {
        durationPredictor: join(dir, 'duration_predictor.int8.onnx'),
        textEncoder: join(dir, 'text_encoder.int8.onnx'),
        vectorEstimator: join(dir, 'vector_estimator.int8.onnx'),
        vocoder: join(dir, 'vocoder.int8.onnx'),
        ttsJson: join(dir, 'tts.json'),
        unicodeIndexer: join(dir, 'unicode_indexer.bin'),
        voiceStyle: join(dir, 'voice.bin'),
      },
    });
  });
});

it.each([
  ['an empty folder', {}, /no \.onnx file/],
  ['a Piper voice without its settings', { 'a.onnx': outlineOnnx() }, /a\.onnx\.json is missing/],
  ['a voice without its phonemes', { 'a.onnx': outlineOnnx(PIPER) }, /tokens\.txt is missing/],
  ['a model of another kind', { 'a.onnx': outlineOnnx(), 'tokens.txt': '' }, /a\.onnx .* was not made for sherpa-onnx/],
  ['Kokoro without its speakers', { 'a.onnx': outlineOnnx(KOKORO), 'tokens.txt': '' }, /voices\.bin is missing/],
  [
    'Matcha without its vocoder',
    { 'a.onnx': outlineOnnx({ model_type: 'matcha-tts', sample_rate: 22_050 }), 'tokens.txt': '' },
    /vocoder .* is missing/,
  ],
  ['Supertonic without a part', { 'duration_predictor.onnx': '' }, /text_encoder\*\.onnx is missing/],
  [
    'a model that is cut short',
    { 'a.onnx': outlineOnnx().subarray(0, 100), 'a.onnx.json': piperSettings() },
    /a\.onnx is cut short/,
  ],
  [
    'settings that are a web page',
    { 'a.onnx': outlineOnnx(), 'a.onnx.json': '<html>' },
    /a\.onnx\.json cannot be read/,
  ],
  [
    'settings without a rate',
    { 'a.onnx': outlineOnnx(), 'a.onnx.json': piperSettings({ audio: {} }) },
    /a\.onnx\.json .*\(audio\.sample_rate: /,
  ],
  [
    'phonemes that are not those of espeak-ng',
    { 'a.onnx': outlineOnnx(), 'a.onnx.json': piperSettings({ phoneme_type: 'pinyin' }) },
    /"pinyin" phonemes/,
  ],
])('says what is wrong with %s', async (_, files, words) => {
  const dir = await put('broken', files);
  await expect(recogniseModel(dir)).rejects.toMatchObject({ reason: expect.stringMatching(words), remedy: /\w.*\.$/ });
});

it('lists voices by name and problems beside them, and neither downloads under way nor files', async () => {
  await put('zoe', { 'z.onnx': outlineOnnx(), 'z.onnx.json': piperSettings() });
  await put('amy', { 'a.onnx': outlineOnnx(), 'a.onnx.json': piperSettings() });
  await put('broken', {});
  await put('.joe.download', { 'joe.onnx.part': 'half' });
  await put('.', { 'README.txt': 'not a folder' });
  const { models, problems } = await findModels(folder.dir);
  expect(models.map(({ name }) => name)).toEqual(['amy', 'zoe']);
  expect(problems.map(({ reason }) => reason)).toEqual([expect.stringContaining('broken holds no voice')]);
  expect(await findModels(join(folder.dir, 'nowhere'))).toEqual({ models: [], problems: [] });
});
