import type { Settings } from '../../../shared/settings';
import type { LiveSettings } from '../config/live';
import type { Log } from '../log';
import { createLlm } from './create';
import { Conversation } from './history';
import type { Llm } from './llm';
import { loadRules, type Rule } from './rules';

/** What makes the model; any of them changed, and it is made anew. Answers under way are finished by the one before. */
const LLM_SETTINGS = [
  'llm_preset',
  'llm_model',
  'llm_base_url',
  'llm_api_key',
  'dashscope_api_key',
  'openai_api_key',
  'deepseek_api_key',
  'llm_temperature',
  'llm_extra_body',
  'llm_first_token_s',
  'llm_next_token_s',
  'pause_after_fault_s',
] as const;

/** What answers questions, as the settings say it now. The persona and the length of memory hold from the next question on. */
export class LiveChat {
  readonly #settings: Readonly<Settings>;
  readonly #log: Log;
  #made: { llm: Llm } | { problem: string };
  #rules: readonly Rule[];

  /** @throws when the rules file cannot be used, naming every problem in it. */
  constructor(live: LiveSettings, log: Log) {
    this.#settings = live.current;
    this.#log = log;
    this.#rules = rulesOf(live.current);
    this.#made = this.#make();
    live.follow({ names: LLM_SETTINGS, apply: () => (this.#made = this.#make()) });
    live.follow({
      names: ['rules'],
      check: rulesOf,
      apply: () => (this.#rules = rulesOf(live.current)),
    });
  }

  /** Undefined where no model is configured: then `problem` says what to do. */
  get llm(): Llm | undefined {
    return 'llm' in this.#made ? this.#made.llm : undefined;
  }

  get problem(): string | undefined {
    return 'problem' in this.#made ? this.#made.problem : undefined;
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  get tools(): boolean {
    return this.#settings.llm_tools;
  }

  readonly onSlowRule = ({ pattern }: Rule): void =>
    this.#log.warn(`the rule with pattern ${pattern} takes too long and was passed over`);

  newConversation(): Conversation {
    const settings = this.#settings;
    return new Conversation({
      get historyTokens() {
        return settings.llm_history_tokens;
      },
      get systemPrompt() {
        return settings.llm_system_prompt;
      },
    });
  }

  #make(): { llm: Llm } | { problem: string } {
    const made = createLlm(this.#settings);
    if ('llm' in made) this.#log.info(`questions are answered by ${made.llm.name}`);
    return made;
  }
}

const rulesOf = ({ rules }: Readonly<Settings>): readonly Rule[] => (rules === undefined ? [] : loadRules(rules));
