import { describe, expect, it } from 'vitest';
import { chooseVoice } from './choose';
import type { LocalModel } from './models';

const model = (
  name: string,
  languages: string[],
  speakers: string[] = [],
  family: LocalModel['family'] = 'vits',
): LocalModel => ({
  name,
  dir: `/${name}`,
  family,
  languages,
  locale: undefined,
  speakers: speakers.map((speaker, id) => ({ name: speaker, id })),
  files: {},
  piper: undefined,
});

const JOE = model('en_US-joe-medium', ['en']);
const HUAYAN = model('zh_CN-huayan-medium', ['zh']);
const KOKORO = model('kokoro', ['en', 'zh'], ['af_heart', 'zf_xiaobei']);
const UKRAINIAN = model('uk_UA-lada', ['uk']);
const SUPERTONIC = model('supertonic', [], [], 'supertonic');
const ALL = [JOE, HUAYAN, KOKORO];

const chosen = (models: LocalModel[], text: string, voice?: string, context?: string) => {
  const { model: found, speakerId } = chooseVoice(models, text, voice, context);
  return `${found.name}:${speakerId}`;
};

describe('by name', () => {
  it.each([
    ['en_US-joe-medium', 'en_US-joe-medium:0'],
    ['JOE', 'en_US-joe-medium:0'],
    ['kokoro:zf_xiaobei', 'kokoro:1'],
    ['kokoro:1', 'kokoro:1'],
    ['kokoro', 'kokoro:0'],
  ])('%s', (voice, expected) => {
    expect(chosen(ALL, 'Hello.', voice)).toBe(expected);
  });

  it('takes any speaker of a model that does not tell them', () => {
    expect(chosen([SUPERTONIC], 'Hello.', 'supertonic:6')).toBe('supertonic:6');
  });

  it.each([
    ['nobody', 'there is no voice "nobody" on this machine'],
    ['medium', 'there is no voice "medium" on this machine'], // a part of two names
    ['kokoro:bob', '"kokoro" has no speaker "bob"'],
    ['kokoro:7', '"kokoro" has no speaker "7"'],
    ['joe:1', '"en_US-joe-medium" has no speaker "1"'],
  ])('has no %s, which is the fault of the request', (voice, reason) => {
    expect(() => chooseVoice(ALL, 'Hello.', voice)).toThrow(expect.objectContaining({ reason, ofRequest: true }));
  });
});

describe('by language', () => {
  it('takes the first that is at home in it', () => {
    expect(chosen(ALL, 'Hello.')).toBe('en_US-joe-medium:0');
    expect(chosen(ALL, '你好，世界。')).toBe('zh_CN-huayan-medium:0');
    expect(chosen([KOKORO], '你好，世界。')).toBe('kokoro:0');
    expect(chosen([JOE, UKRAINIAN], 'Привіт, світе.')).toBe('uk_UA-lada:0');
  });

  it('keeps the voice of the text around it, where that reads the sentence too', () => {
    expect(chosen(ALL, 'OK, Windows.', undefined, '你好，我们来看一看。OK, Windows.')).toBe('zh_CN-huayan-medium:0');
    expect(chosen(ALL, '你好。', undefined, 'Hello, this is a long English text. 你好。'.slice(0, 30))).toBe(
      'zh_CN-huayan-medium:0',
    );
  });

  it('lets a voice of unknown languages read anything, and figures be read by anybody', () => {
    expect(chosen([JOE, SUPERTONIC], '안녕하세요.')).toBe('supertonic:0');
    expect(chosen([HUAYAN], '42')).toBe('zh_CN-huayan-medium:0');
  });

  it('leaves to other engines what no voice reads, chosen or not', () => {
    const others = { ofRequest: true, remedy: expect.stringContaining('npm run voice') };
    expect(() => chooseVoice([JOE], '你好，世界。', undefined)).toThrow(
      expect.objectContaining({ reason: "no installed voice reads this text's letters (Chinese)", ...others }),
    );
    expect(() => chooseVoice(ALL, 'Привет, мир.', 'joe')).toThrow(expect.objectContaining(others));
  });
});
