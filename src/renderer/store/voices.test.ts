import { describe, expect, it } from 'vitest';
import { groupVoices, readVoices, regionName, speechWish, standIn, voiceInUse } from './voices';

const reply = {
  engine: 'edgetts',
  engines: [
    { engine: 'edgetts', state: 'failing' as const, problem: 'no route', retryInMs: 20_000 },
    { engine: 'espeak', state: 'ready' as const },
  ],
  voices: [
    { id: 'en-GB-SoniaNeural', name: 'Sonia', language: 'en-GB', gender: 'female' as const },
    { id: 'zh-CN-XiaoxiaoNeural', name: 'Xiaoxiao', language: 'zh-CN', gender: 'female' as const },
    { id: 'de-DE-KatjaNeural', name: 'Katja', language: 'de-DE' },
    { id: 'own', name: 'My voice' },
    { id: 'zh-TW-HsiaoChenNeural', name: 'HsiaoChen', language: 'zh-TW' },
  ],
};
const voices = readVoices(reply, 1_000);
const sonia = { engine: 'edgetts', id: 'en-GB-SoniaNeural', name: 'Sonia' };

describe('voices', () => {
  it('are grouped by language: wanted ones first, unknown ones last', () => {
    const groups = groupVoices(voices.voices, '', ['zh'], 'en');
    expect(groups.map((g) => [g.language, g.voices.length])).toEqual([
      ['zh', 2],
      ['en', 1],
      ['de', 1],
      ['', 1],
    ]);
  });

  it('are found by name, language or country, in the words of the page', () => {
    const found = (query: string, display = 'en') =>
      groupVoices(voices.voices, query, [], display).flatMap((g) => g.voices.map((v) => v.name));
    expect(found('iao')).toEqual(['Xiaoxiao', 'HsiaoChen']);
    expect(found('  CHINESE taiwan ')).toEqual(['HsiaoChen']);
    expect(found('德语', 'zh')).toEqual(['Katja']);
    expect(found('nobody')).toEqual([]);
  });

  it('name their country where the tag has one', () => {
    expect(regionName('zh-Hant-TW', 'en')).toBe('Taiwan');
    expect(['en', undefined, 'en-ZZ9', 'en-999'].map((tag) => regionName(tag, 'en'))).toEqual(['', '', '', '']);
  });

  it('count only with the engine that they belong to, while it offers them', () => {
    expect(voiceInUse(voices, sonia)).toBe(sonia);
    expect(voiceInUse(null, sonia)).toBe(sonia);
    expect(voiceInUse({ ...voices, voices: [] }, sonia)).toBe(sonia);
    expect(voiceInUse({ ...voices, engine: 'espeak' }, sonia)).toBeNull();
    expect(voiceInUse(voices, { ...sonia, id: 'gone' })).toBeNull();
    expect(voiceInUse(voices, null)).toBeNull();
  });

  it('go along with a text only where something was chosen', () => {
    expect(speechWish(voices, null, 1)).toBeUndefined();
    expect(speechWish(voices, sonia, 1)).toEqual({ voice: 'en-GB-SoniaNeural' });
    expect(speechWish(voices, null, 1.2)).toEqual({ speed: 1.2 });
  });
});

describe('a failing engine', () => {
  const told = { engine: 'edgetts', problem: 'no route', retryAtMs: 21_000 };
  const well = { ...voices, engines: voices.engines.map((e) => ({ ...e, state: 'ready' as const })) };

  it('is told with who speaks instead and when it is asked again', () => {
    expect(standIn(voices, null)).toEqual({ ...told, instead: 'espeak', wanted: true });
    expect(standIn(null, null)).toBeNull();
    expect(standIn(well, null)).toBeNull();
    expect(standIn({ ...voices, engines: voices.engines.slice(0, 1) }, null)?.instead).toBeNull();
  });

  it('is told as the better choice where the server has settled for another one', () => {
    expect(standIn({ ...voices, engine: 'espeak' }, null)).toEqual({ ...told, instead: 'espeak', wanted: false });
    const last = { ...voices, engine: 'espeak', engines: voices.engines.toReversed() };
    expect(standIn(last, null)).toBeNull();
  });

  it('is believed when the session tells, until the list says that it is well again', () => {
    const heard = { engine: 'espeak', instead: 'edgetts' };
    const unknown = { engine: 'edgetts', problem: null, retryAtMs: null };
    expect(standIn(null, heard)).toEqual({ ...unknown, instead: 'espeak', wanted: true });
    expect(standIn(voices, { engine: 'xtts', instead: 'edgetts' })).toEqual({ ...told, instead: 'xtts', wanted: true });
    expect(standIn(well, heard)).toBeNull();
  });
});
