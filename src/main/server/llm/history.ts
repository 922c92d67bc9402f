import type { ChatMessage } from './llm';

/** Who speaks when nobody says otherwise (`llm_system_prompt`). The answer is spoken, so it must be fit to be heard. */
export const DEFAULT_PERSONA =
  'You are a friendly presenter who talks with people face to face. Answer briefly, in one to three sentences, in the ' +
  'language of the question. Open with a few words, then a comma or a full stop: you are heard from there on. Everything you say is spoken aloud: use plain sentences only, without Markdown, lists, ' +
  'headings, tables, code, emoji or web addresses, and write numbers and symbols so that they can be read out. If you do ' +
  'not know something, say so in a sentence.';

/** Read at every question, so that whoever gives them may change them. */
export interface ConversationSettings {
  readonly systemPrompt?: string | undefined;
  /** Bound of what is remembered, by `estimateTokens`; 0 remembers nothing. */
  readonly historyTokens: number;
}

interface Exchange {
  question: string;
  answer: string;
  tokens: number;
}

/** Role and separators of one message. */
const TOKENS_PER_MESSAGE = 4;

/**
 * What was said so far in a session, as a model is told it. Bounded: the oldest question and answer go first, always
 * together, and an exchange larger than the whole bound is not remembered at all.
 */
export class Conversation {
  readonly #settings: ConversationSettings;
  #exchanges: Exchange[] = [];
  #tokens = 0;

  constructor(settings: ConversationSettings) {
    this.#settings = settings;
  }

  /** Estimated size of what is remembered; at most `historyTokens`. */
  get tokens(): number {
    return this.#tokens;
  }

  /** System prompt, what is remembered (oldest first), and the question. */
  messagesFor(question: string): ChatMessage[] {
    return [
      { role: 'system', content: this.#settings.systemPrompt ?? DEFAULT_PERSONA },
      ...this.#exchanges.flatMap(({ question, answer }): ChatMessage[] => [
        { role: 'user', content: question },
        { role: 'assistant', content: answer },
      ]),
      { role: 'user', content: question },
    ];
  }

  /**
   * Remembers an answer as far as it was heard: the model must not build on what nobody listened to. An interrupted one ends
   * in an ellipsis. A question whose answer nobody heard is forgotten.
   */
  answered(question: string, spokenText: string, { interrupted }: { interrupted: boolean }): void {
    const spoken = spokenText.trim();
    if (spoken === '') return;
    const answer = interrupted ? `${spoken.replace(/[\s.。,，、;；:：…]+$/u, '')}…` : spoken;
    const tokens = estimateTokens(question) + estimateTokens(answer) + 2 * TOKENS_PER_MESSAGE;
    this.#exchanges.push({ question, answer, tokens });
    this.#tokens += tokens;
    while (this.#tokens > this.#settings.historyTokens) this.#tokens -= this.#exchanges.shift()!.tokens;
  }

  clear(): void {
    this.#exchanges = [];
    this.#tokens = 0;
  }
}

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u;
const ASCII_WORD = /[A-Za-z \n\t]/;

/**
 * How many tokens a text is, at most, in the vocabularies of today's models; a guess that errs upwards, since their tokenizers
 * are megabytes each. A CJK character is one token (most are 0.6 to 1), ASCII letters and blanks are four to a token, and
 * digits and punctuation one each. Other alphabets take about two characters a token, characters beyond the BMP (emoji)
 * two tokens each.
 */
export function estimateTokens(text: string): number {
  let quarters = 0;
  for (const character of text) {
    if (ASCII_WORD.test(character)) quarters += 1;
    else if (CJK.test(character) || character <= '\u007f') quarters += 4;
    else quarters += character.length > 1 ? 8 : 2;
  }
  return Math.ceil(quarters / 4);
}
