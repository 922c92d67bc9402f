import { afterEach, describe, expect, it } from 'vitest';
import { usePreferences } from '../store/preferences';
import { parseEvent } from './events';

describe('parseEvent', () => {
  it('reads events and ignores the rest', () => {
    expect(parseEvent('{"status":"start","text":"Hi","turn":1}')).toEqual({ status: 'start', text: 'Hi', turn: 1 });
    for (const other of ['', 'ping', 'null', '7', '{}', '{"status":3}', '{"status":'])
      expect(parseEvent(other)).toBeNull();
  });

  afterEach(() => usePreferences.setState({ language: 'en' }));
  const fault = {
    status: 'error',
    part: 'llm',
    turn: 1,
    message: 'qwen: it refused the key (401). Check the key in DASHSCOPE_API_KEY.',
    reason: 'it refused the key (401)',
    remedy: 'Check the key in DASHSCOPE_API_KEY.',
    told: { key: 'llm.keyRefused' },
    toldRemedy: { key: 'llm.do.checkKey', values: { variable: 'DASHSCOPE_API_KEY' } },
  };

  it('tells reason and remedy in the language of the page', () => {
    expect(parseEvent(JSON.stringify(fault))).toEqual(fault);
    usePreferences.setState({ language: 'zh' });
    expect(parseEvent(JSON.stringify(fault))).toMatchObject({
      reason: '服务拒绝了密钥（401）',
      remedy: '请检查 DASHSCOPE_API_KEY 中的密钥。',
    });
    const ended = {
      status: 'record',
      state: 'finished',
      file: 'a.mp4',
      id: 'a',
      reason: 'x',
      told: { key: 'record.longest', values: { minutes: '5' } },
    };
    expect(parseEvent(JSON.stringify(ended))).toMatchObject({ reason: '单次录制最长 5 分钟（--record_max_minutes）' });
    const silent = { status: 'record', state: 'started', file: 'a.mp4', id: 'a' };
    expect(parseEvent(JSON.stringify(silent))).toEqual(silent);
  });
});
