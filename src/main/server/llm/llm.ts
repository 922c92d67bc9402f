import type { Tool, ToolCall } from './tools';

export type { Tool, ToolCall } from './tools';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface LlmOptions {
  /** Aborting closes the request's socket. */
  signal: AbortSignal;
  /** The model works (it reasons, which is not spoken) although no text comes yet. */
  onActivity?(): void;
  /** What the model may call; a service that takes no tools is asked without. */
  tools?: readonly Tool[];
  /** The model called a tool. Told once its answer is complete and without fault, after the last piece. */
  onToolCall?(call: ToolCall): void;
}

/**
 * A language model. `stream` yields pieces of the answer as they arrive, never empty ones; reasoning is left out. It ends
 * when the answer does, and throws ProviderError (part `llm`) for whatever kept the answer from being complete, after
 * yielding what had come; an answer without any text is such a fault unless it calls a tool. After an abort it throws the signal's reason.
 */
export interface Llm {
  /** For people: `qwen-plus at dashscope.aliyuncs.com`. */
  readonly name: string;
  stream(messages: readonly ChatMessage[], options: LlmOptions): AsyncIterable<string>;
  /** The models that the endpoint offers, sorted. @throws ProviderError */
  models(signal: AbortSignal): Promise<string[]>;
}
