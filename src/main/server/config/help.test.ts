import { expect, it } from 'vitest';
import { settingInfo, settingNames } from '../../../shared/settings';
import { helpText } from './help';

const help = helpText();
const lineOf = (flag: string) => help.split('\n').find((line) => line.trim().split(' ')[0] === flag);

it('lists every flag with its default', () => {
  for (const name of settingNames.filter((candidate) => !settingInfo(candidate).noFlag)) {
    expect(lineOf(`--${name}`), name).toMatch(/\[default: .+\]$/);
  }
  expect(lineOf('--listenport')).toMatch(/<port> .*\[default: 8010\]/);
  expect(lineOf('--max_upload_mb')).toMatch(/<MB> .*\[default: 100\]/);
  expect(lineOf('--transport')).toContain('<webrtc|rtmp|rtcpush>');
  expect(lineOf('--no_auth')).toMatch(/\[default: off\]/);
});

it('names the environment of secrets that have no flag', () => {
  expect(help).toContain('HERALD_LLM_API_KEY');
  expect(help).toContain('HERALD_DASHSCOPE_API_KEY, DASHSCOPE_API_KEY');
  expect(help).toContain('HERALD_OPENAI_API_KEY, OPENAI_API_KEY');
  expect(lineOf('--llm_api_key')).toBeUndefined();
});
