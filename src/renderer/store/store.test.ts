import { describe, expect, it } from 'vitest';
import { nextTheme, otherManner, parsePreferences } from './preferences';
import type { StudioState } from './state';
import { initialState } from './studio';
import { addToast, dropToast, MAX_TOASTS } from './toast-reducers';

type Step = (state: StudioState) => Partial<StudioState>;
const having = (...steps: Step[]): StudioState => {
  let state = initialState;
  for (const step of steps) state = { ...state, ...step(state) };
  return state;
};

describe('toasts', () => {
  const toast =
    (id: number, detailText: string): Step =>
    (s) =>
      addToast(s, { id, tone: 'bad', title: 'error.say', detailText });

  it('replace their like, are bounded and can be dismissed', () => {
    expect(having(toast(1, 'a'), toast(2, 'a')).toasts.map((t) => t.id)).toEqual([2]);
    const many = having(...Array.from({ length: 9 }, (_, i) => toast(i, `${i}`)));
    expect(many.toasts).toHaveLength(MAX_TOASTS);
    expect(dropToast(many, 8).toasts?.map((t) => t.id)).not.toContain(8);
  });
});

describe('preferences', () => {
  const untouched = { theme: 'auto', figuresOpen: true, manner: 'echo', voice: null, avatar: null, speed: 1 };

  it('survive damage field by field', () => {
    expect(parsePreferences('{"language":"zh","theme":"pink","figuresOpen":false,"manner":"chat"}', ['en'])).toEqual({
      ...untouched,
      language: 'zh',
      figuresOpen: false,
      manner: 'chat',
    });
    expect(parsePreferences('{"speed":9,"manner":"sing","voice":{"engine":"espeak","id":7}}', ['en'])).toEqual({
      ...untouched,
      language: 'en',
    });
    for (const bad of [null, '', '{', '7', '[]', 'null']) {
      expect(parsePreferences(bad, ['zh-CN'])).toEqual({ ...untouched, language: 'zh' });
    }
  });

  it('keep a voice and a speed that can be used', () => {
    const voice = { engine: 'edgetts', id: 'zh-CN-XiaoxiaoNeural', name: 'Xiaoxiao' };
    expect(parsePreferences(JSON.stringify({ voice, speed: 1.2 }), [])).toMatchObject({ voice, speed: 1.2 });
  });

  it('keep the presenter', () => {
    expect(parsePreferences('{"avatar":"clara"}', []).avatar).toBe('clara');
    for (const bad of ['{"avatar":""}', '{"avatar":7}', '{"avatar":null}'])
      expect(parsePreferences(bad, []).avatar).toBeNull();
  });

  it('cycle through themes and manners', () => {
    expect([otherManner('echo'), otherManner('chat')]).toEqual(['chat', 'echo']);
    expect([nextTheme('auto'), nextTheme('light'), nextTheme('dark')]).toEqual(['light', 'dark', 'auto']);
  });
});
