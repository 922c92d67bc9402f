import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileServer } from '../../../../../testing/file-server';
import { outlineOnnx, piperSettings, temporaryFolder, writeFiles } from '../../../../../testing/voice-folders';
import { CATALOGUE, CATALOGUE_HOST } from './catalogue';
import { voiceCommand } from './voice-command';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

async function run(...args: string[]) {
  let out = '';
  let err = '';
  const terminal = { print: (text: string) => void (out += text), complain: (text: string) => void (err += text) };
  const code = await voiceCommand(args, terminal, AbortSignal.timeout(20_000));
  return { code, out, err };
}

it('lists what is installed, what is broken, and what there is beside it', async () => {
  await writeFiles(join(folder.dir, 'models', 'tts'), {
    'en_US-joe-medium/joe.onnx': outlineOnnx(),
    'en_US-joe-medium/joe.onnx.json': piperSettings(),
    'half/a.onnx': outlineOnnx(),
  });
  const { code, out } = await run('list', '--data', folder.dir);
  expect(code).toBe(0);
  expect(out).toContain('en_US-joe-medium           piper, en\n');
  expect(out).toContain('cannot be used: the voice "half" is incomplete: a.onnx.json is missing.');
  expect(out).toContain('zh_CN-huayan-medium        zh-CN  63 MB');
  expect(out.match(/en_US-joe-medium/g)).toHaveLength(1);
});

it.each([[[]], [['get']], [['list', 'x']], [['get', 'a', 'b']], [['get', 'joe', '--nope']], [['remove', 'joe']]])(
  'explains itself for %j',
  async (args) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: npm run voice -- list');
  },
);

it('says what is not in the catalogue, and what no address is', async () => {
  expect(await run('get', 'en_US-joe-mediun', '--data', folder.dir)).toMatchObject({
    code: 1,
    err: expect.stringContaining('Did you mean en_US-joe-medium?'),
  });
  expect(await run('get', 'joe', '--from', 'hf-mirror.com', '--data', folder.dir)).toMatchObject({
    code: 1,
    err: expect.stringContaining('--from must be an address'),
  });
});

it("asks a mirror for the paths of Piper's own folders", async () => {
  const server = new FileServer();
  const host = await server.listen();
  try {
    const { code, err } = await run('get', 'joe', '--from', host, '--data', folder.dir);
    expect({ code, paths: server.requests.map(({ path }) => path) }).toEqual({
      code: 1,
      paths: ['/rhasspy/piper-voices/resolve/v1.0.0/en/en_US/joe/medium/en_US-joe-medium.onnx.json'],
    });
    expect(err).toContain('is not there (404)');
  } finally {
    await server.close();
  }
});

it('has a catalogue of plain files, with sizes and sums in their forms', () => {
  expect(CATALOGUE_HOST).toMatch(/^https:/);
  expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
  for (const { name, language, files } of CATALOGUE) {
    expect(Intl.getCanonicalLocales(language)).toEqual([language]);
    const model = files.find((file) => file.name === `${name}.onnx`);
    expect(model).toMatchObject({ md5: expect.stringMatching(/^[0-9a-f]{32}$/), sizeBytes: expect.any(Number) });
    const [locale, speaker, quality] = name.split('-') as [string, string, string];
    expect(model!.path.endsWith(`/${locale.slice(0, 2)}/${locale}/${speaker}/${quality}/${name}.onnx`)).toBe(true);
  }
});
