import { describe, expect, it } from 'vitest';
import { defaultSettings, LLM_PRESETS, type Settings } from '../../../shared/settings';
import { type LlmConfig, resolveLlm } from './presets';

const KEYS = {
  dashscope_api_key: 'sk-dashscope-secret',
  openai_api_key: 'sk-openai-secret',
  deepseek_api_key: 'sk-deepseek-secret',
} as const;

const resolve = (settings: Partial<Settings>) => resolveLlm({ ...defaultSettings(), ...settings });
const config = (settings: Partial<Settings>): LlmConfig => {
  const found = resolve(settings);
  if ('problem' in found) throw new Error(found.problem);
  return found;
};
const problem = (settings: Partial<Settings>): string => {
  const found = resolve(settings);
  if (!('problem' in found)) throw new Error(`resolved to ${found.baseUrl}`);
  return found.problem;
};

describe('presets', () => {
  it('are DashScope with qwen-plus unless something else is asked for', () => {
    expect(config({ dashscope_api_key: KEYS.dashscope_api_key })).toEqual({
      service: 'dashscope',
      baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
      model: 'qwen-plus',
      apiKey: KEYS.dashscope_api_key,
      keyVariable: 'DASHSCOPE_API_KEY',
      extraBody: {},
    });
  });

  it.each([
    ['ollama', 'http://127.0.0.1:11434/v1'],
    ['lmstudio', 'http://127.0.0.1:1234/v1'],
    ['vllm', 'http://127.0.0.1:8000/v1'],
  ] as const)('%s needs no key, is sent none, and serves what it has loaded', (llm_preset, baseUrl) => {
    const found = config({ ...KEYS, llm_preset });
    expect(found).toMatchObject({ service: llm_preset, baseUrl });
    expect(found.apiKey).toBeUndefined();
    expect(found.model).toBeUndefined();
    expect(found.start).toMatch(/start/);
  });

  it('take base URL, model, temperature and extra keys from the settings', () => {
    expect(
      config({
        llm_base_url: 'http://gpu-box:9000/v1/',
        llm_model: 'qwen3:8b',
        llm_temperature: 0.3,
        llm_extra_body: '{"enable_search":true}',
      }),
    ).toEqual({
      service: 'gpu-box:9000',
      baseUrl: 'http://gpu-box:9000/v1',
      model: 'qwen3:8b',
      temperature: 0.3,
      keyVariable: 'OPENAI_API_KEY',
      extraBody: { enable_search: true },
    });
  });

  it("leave a preset's model to its own service", () => {
    expect(config({ llm_base_url: 'http://127.0.0.1:9000/v1' }).model).toBeUndefined();
    const singapore = 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1';
    expect(config({ ...KEYS, llm_base_url: singapore })).toMatchObject({ service: 'dashscope', model: 'qwen-plus' });
    expect(config({ ...KEYS, llm_base_url: 'https://api.deepseek.com' }).model).toBeUndefined();
  });
});

describe('keys', () => {
  it.each([
    ['https://dashscope.aliyuncs.com/compatible-mode/v1', KEYS.dashscope_api_key],
    ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', KEYS.dashscope_api_key],
    ['https://vpc-cn-beijing.dashscope.aliyuncs.com/v1', KEYS.dashscope_api_key],
    ['https://ws-1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1', KEYS.dashscope_api_key],
    ['https://api.openai.com/v1', KEYS.openai_api_key],
    ['https://eu.api.openai.com/v1', KEYS.openai_api_key],
    ['https://api.deepseek.com', KEYS.deepseek_api_key],
    ['https://llm.example.com/v1', KEYS.openai_api_key],
    // Look-alikes and rented names are services of somebody's own: they get what OpenAI clients send, nothing else.
    ['https://bucket.oss-cn-hangzhou.aliyuncs.com/v1', KEYS.openai_api_key],
    ['https://dashscope.aliyuncs.com.example.com/v1', KEYS.openai_api_key],
    ['https://notdeepseek.com/v1', KEYS.openai_api_key],
  ])('%s is sent the key that belongs there', (llm_base_url, apiKey) => {
    for (const llm_preset of LLM_PRESETS) expect(config({ ...KEYS, llm_preset, llm_base_url }).apiKey).toBe(apiKey);
  });

  it('never stand in for one another', () => {
    const { openai_api_key } = KEYS;
    expect(problem({ openai_api_key })).toContain('dashscope.aliyuncs.com needs a key');
    expect(problem({ openai_api_key, llm_preset: 'deepseek' })).toContain('api.deepseek.com needs a key');
    expect(problem({ dashscope_api_key: KEYS.dashscope_api_key, llm_preset: 'openai' })).toContain('api.openai.com');
    const { dashscope_api_key, deepseek_api_key } = KEYS;
    const own = config({ dashscope_api_key, deepseek_api_key, llm_base_url: 'https://llm.example.com/v1' });
    expect(own.apiKey).toBeUndefined();
  });

  it('let llm_api_key win everywhere', () => {
    for (const llm_preset of LLM_PRESETS) {
      expect(config({ ...KEYS, llm_preset, llm_api_key: 'mine' })).toMatchObject({
        apiKey: 'mine',
        keyVariable: 'HERALD_LLM_API_KEY',
      });
    }
  });

  it('that are missing are asked for, with every way out', () => {
    for (const way of ['DASHSCOPE_API_KEY', '--llm_preset ollama', '--llm_base_url', 'OPENAI_API_KEY']) {
      expect(problem({})).toContain(way);
    }
    expect(problem({ llm_preset: 'deepseek' })).toContain('set DEEPSEEK_API_KEY');
  });

  it('that were copied badly are refused without being shown', () => {
    expect(config({ dashscope_api_key: ' sk-1\n' }).apiKey).toBe('sk-1');
    for (const bad of ['sk-half\nsk-other', 'sk-секрет']) {
      expect(problem({ dashscope_api_key: bad })).toMatch(/^the key in DASHSCOPE_API_KEY has characters/);
      expect(problem({ dashscope_api_key: bad })).not.toContain('sk-');
    }
    const inUrl = problem({ llm_base_url: 'https://me:hunter2@llm.example.com/v1' });
    expect(inUrl).toContain('HERALD_LLM_API_KEY');
    expect(inUrl).not.toContain('hunter2');
  });
});
