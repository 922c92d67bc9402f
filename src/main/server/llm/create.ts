import type { Settings } from '../../../shared/settings';
import { GuardedLlm } from './guarded';
import type { Llm } from './llm';
import { OpenAiLlm } from './openai';
import { resolveLlm } from './presets';

/** The model that the settings name, with its deadlines. `problem` says how to configure one. */
export function createLlm(settings: Settings): { llm: Llm } | { problem: string } {
  const config = resolveLlm(settings);
  if ('problem' in config) return config;
  const firstTokenMs = settings.llm_first_token_s * 1_000;
  const nextTokenMs = settings.llm_next_token_s * 1_000;
  const restMs = settings.pause_after_fault_s * 1_000;
  return { llm: new GuardedLlm(new OpenAiLlm(config), { firstTokenMs, nextTokenMs, restMs }) };
}
