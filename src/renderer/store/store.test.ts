import { notifications, notificationsStore } from '@mantine/notifications';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiError } from '../rtc/http';
import { nextTheme, otherManner, parsePreferences, usePreferences } from './preferences';
import { toastError, toastInfo } from './toasts';

describe('messages', () => {
  const shown = () => notificationsStore.getState().notifications;
  afterEach(() => notifications.clean());

  it('say what to do, and are one where they say the same', () => {
    toastError('error.say', new ApiError(409, ''), 'error.notConnected');
    toastError('error.say', new ApiError(0, ''));
    toastError('error.say', new ApiError(0, ''));
    toastError('error.say', new ApiError(500, ''));
    expect(shown().map(({ message }) => message)).toEqual([
      'Connect first, then try again.',
      'The server does not answer. Check that Herald is running; this page reconnects by itself.',
      'The server answered 500.',
    ]);
    expect(new Set(shown().map(({ title }) => title))).toEqual(new Set(['That was not said']));
  });

  it('speak the language that is chosen', () => {
    usePreferences.setState({ language: 'zh' });
    toastInfo('error.oneFile');
    usePreferences.setState({ language: 'en' });
    expect(shown()[0]?.message).toBe('一次只能处理一个文件，第一个正在上传。');
  });
});

describe('preferences', () => {
  const untouched = { theme: 'auto', figuresOpen: false, manner: 'echo', voice: null, avatar: null, speed: 1 };

  it('survive damage field by field', () => {
    expect(parsePreferences('{"language":"zh","theme":"pink","figuresOpen":true,"manner":"chat"}', ['en'])).toEqual({
      ...untouched,
      language: 'zh',
      figuresOpen: true,
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
