import { describe, expect, it } from 'vitest';
import { guessLanguage } from './language';

describe('guessLanguage', () => {
  it.each([
    ['Hello, world', 'en', false],
    ['你好，世界', 'zh', false],
    ['我用 Python 写代码', 'zh', false],
    ['東京の天気です', 'ja', false],
    ['カタカナ and English', 'ja', false],
    ['안녕하세요', 'ko', false],
    ['佢哋冇嚟過', 'yue', false],
    ['啲，他说', 'zh', false],
    ['Привет', 'ru', false],
    ['你好，안녕하세요 여러분', 'ko', true],
    ['你好 Привет', 'ru', true],
    ['42 %', undefined, false],
    ['', undefined, false],
    ['ქართული', undefined, false],
  ])('"%s" is %s', (text, language, mixed) => {
    expect(guessLanguage(text)).toEqual({ language, mixed });
  });
});
