import OpenAI from 'openai';
import { Stream } from 'openai/core/streaming';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import { MAX_TEXT_CHARACTERS } from '../../../shared/protocol';
import type { ProviderError } from '../provider-error';
import { AnswerReader } from './answer';
import { boundedFrames, explanationOf, jsonOf } from './body';
import { type Asked, explanationIn, faultOf, frameFault, llmFault, NOT_COMPATIBLE, refusesTools } from './faults';
import type { ChatMessage, Llm, LlmOptions } from './llm';
import type { LlmConfig } from './presets';
import { asFunction, readCalls, type Tool } from './tools';

/** A service that has finished its answer but not its response is left after this, at the price of a new connection. */
const DRAIN_MS = 300;
/** Ollama loads a model into memory before it answers; deadlines are GuardedLlm's. */
const REQUEST_LIMIT_MS = 600_000;
/** How long an error message may wait to learn which models there are. */
const LIST_LIMIT_MS = 2_000;
const MAX_NAMED_MODELS = 5;

/** Local servers list what else they serve beside chat models. */
const NOT_CHAT = /embed|rerank|whisper|tts|(?:^|[/-])bge-|clip|moderation/i;

/** Any service that speaks OpenAI's chat completions. One request per answer; retries and deadlines are GuardedLlm's. */
export class OpenAiLlm implements Llm {
  readonly #config: LlmConfig;
  readonly #client: OpenAI;
  /** The first of the list, where none is configured. */
  #listedModel: string | undefined;
  /** Models that were offered tools and refused the request for it. */
  readonly #withoutTools = new Set<string>();

  constructor(config: LlmConfig) {
    this.#config = config;
    this.#client = new OpenAI({
      baseURL: config.baseUrl,
      // The library insists on one; `send` decides what is sent.
      apiKey: config.apiKey ?? 'none',
      adminAPIKey: null,
      maxRetries: 0,
      timeout: REQUEST_LIMIT_MS,
      logLevel: 'off',
      fetch: (url, init) => this.#send(url, init),
    });
  }

  get name(): string {
    const { host } = new URL(this.#config.baseUrl);
    const { service } = this.#config;
    return `${this.#model ?? (service === host ? 'the model' : service)} at ${host}`;
  }

  get #model(): string | undefined {
    return this.#config.model ?? this.#listedModel;
  }

  get #asked(): Asked {
    return { provider: this.name, config: this.#config, model: this.#model };
  }

  async *stream(messages: readonly ChatMessage[], options: LlmOptions): AsyncGenerator<string> {
    const { signal, onActivity, onToolCall, tools = [] } = options;
    signal.throwIfAborted();
    const request = new AbortController();
    const abort = () => request.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    let drain: NodeJS.Timeout | undefined;
    let ended = false;
    let left = false;
    const leave = () => {
      left = true;
      request.abort();
    };
    let waiting = true;
    const leaveSoon = () => {
      if (ended && waiting) drain ??= setTimeout(leave, DRAIN_MS);
    };
    // [DONE] is seen as it arrives, frames when the consumer takes them: its time is not the service's.
    const end = () => {
      ended = true;
      leaveSoon();
    };

    const answer = new AnswerReader();
    let failure: unknown;
    try {
      try {
        for await (const chunk of this.#chunks(messages, tools, request, end)) {
          waiting = false;
          clearTimeout(drain);
          drain = undefined;
          const { text, working } = answer.read(chunk);
          if (answer.finishReason) end();
          if (working) onActivity?.();
          if (text) yield text;
          if (answer.overlong) break;
          waiting = true;
          leaveSoon();
        }
      } catch (error) {
        failure = error;
      }
      signal.throwIfAborted();
      const rest = answer.end();
      if (rest) yield rest;
      // Whatever happens to the connection after the answer's end is of no interest.
      const calls = readCalls(answer.calls, tools);
      const problem = tools.length > 0 && 'problem' in calls ? calls.problem : undefined;
      const fault =
        failure === undefined || left || answer.finishReason
          ? (this.#faultOfAnswer(answer, ended, tools.length > 0) ?? (problem && this.#badCall(problem)))
          : await this.#faultOf(failure, answer, signal);
      if (fault) throw fault;
      if (!('problem' in calls)) for (const call of calls) onToolCall?.(call);
    } finally {
      clearTimeout(drain);
      signal.removeEventListener('abort', abort);
      request.abort();
    }
  }

  async models(signal: AbortSignal): Promise<string[]> {
    try {
      return (await this.#listed(signal)).sort((a, b) => a.localeCompare(b, 'en'));
    } catch (error) {
      signal.throwIfAborted();
      throw faultOf(error, this.#asked);
    }
  }

  async *#chunks(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    request: AbortController,
    end: () => void,
  ): AsyncGenerator<unknown> {
    const { temperature, extraBody } = this.#config;
    const body = {
      ...extraBody,
      ...(temperature !== undefined && { temperature }),
      model: this.#model ?? (await this.#firstModel(request.signal)),
      messages: [...messages],
      stream: true,
    } as ChatCompletionCreateParamsStreaming;
    const response = await this.#create(body, tools, request.signal);
    const type = response.headers.get('content-type') ?? '';
    if (/html/i.test(type)) {
      throw llmFault(this.#asked, { reason: 'it answered with a web page', remedy: NOT_COMPATIBLE });
    }
    const whole = /json/i.test(type) && !/ndjson|stream/i.test(type);
    const chunks = whole ? [await jsonOf(response)] : this.#frames(response, request, end);
    for await (const chunk of chunks) {
      if (!Array.isArray((chunk as { choices?: unknown } | null)?.choices)) this.#assertNoError(chunk);
      yield chunk;
    }
    if (whole) end();
  }

  /** A service or model that takes no tools refuses the whole request: it is asked again without, now and from then on. */
  async #create(
    body: ChatCompletionCreateParamsStreaming,
    tools: readonly Tool[],
    signal: AbortSignal,
  ): Promise<Response> {
    const create = (more: object) =>
      this.#client.chat.completions.create({ ...body, ...more }, { signal }).asResponse();
    if (tools.length === 0 || this.#withoutTools.has(body.model)) return create({});
    try {
      return await create({ tools: tools.map(asFunction) });
    } catch (error) {
      if (!refusesTools(error)) throw error;
      this.#withoutTools.add(body.model);
      return create({});
    }
  }

  #frames(response: Response, request: AbortController, end: () => void): AsyncIterable<unknown> {
    const body = response.body && boundedFrames(response.body, end);
    return Stream.fromSSEResponse<unknown>(new Response(body), request, this.#client);
  }

  /** An error may also come as a frame of its own, without `error` around it (vLLM, DashScope). */
  #assertNoError(chunk: unknown): void {
    const { error, message, code } = (chunk ?? {}) as Record<string, unknown>;
    if (error || (message && code)) throw frameFault(error ?? message, this.#asked);
  }

  async #firstModel(signal: AbortSignal): Promise<string> {
    const listed = await this.#listed(signal);
    this.#listedModel = listed.find((model) => !NOT_CHAT.test(model));
    if (this.#listedModel) return this.#listedModel;
    throw llmFault(this.#asked, {
      reason: 'it has no chat model',
      remedy: `Load one there${this.#config.service === 'ollama' ? ' (ollama pull qwen3:4b)' : ''}, or name one with --llm_model.`,
    });
  }

  /** In the order of the service, which is newest first with Ollama. */
  async #listed(signal: AbortSignal): Promise<string[]> {
    const response = await this.#client.models.list({ signal }).asResponse();
    const { data } = (await jsonOf(response)) as { data?: unknown };
    if (!Array.isArray(data)) return [];
    return data.map((model: { id?: unknown } | null) => model?.id).filter((id) => typeof id === 'string');
  }

  /** Why an answer that came to its end is not a whole answer; undefined where it is. */
  #faultOfAnswer(answer: AnswerReader, ended: boolean, mayCall: boolean): ProviderError | undefined {
    const { spoke, finishReason, calls } = answer;
    const fault = (reason: string, remedy: string, retrySafe = false) =>
      llmFault(this.#asked, { reason, remedy, retrySafe });
    if (answer.overlong) {
      const limit = MAX_TEXT_CHARACTERS.toLocaleString('en');
      return fault(`its answer is longer than ${limit} characters`, 'The rest is left out: ask for something shorter.');
    }
    if (answer.chunks === 0) return fault('it sent nothing that is an answer', NOT_COMPATIBLE);
    if (!ended) {
      return spoke
        ? fault('the connection was lost in mid-answer', 'Ask again.')
        : fault('the connection was lost before the answer', 'Ask again.', true);
    }
    switch (finishReason) {
      case 'length':
        return spoke
          ? fault(
              'it stopped at its token limit',
              'Ask for something shorter, or raise max_tokens in --llm_extra_body.',
            )
          : fault('it reached its token limit before it said anything', 'Raise max_tokens in --llm_extra_body.');
      case 'content_filter':
        return fault('its content filter stopped the answer', 'Ask in other words.');
      case 'insufficient_system_resource': // DeepSeek
        return fault('it ran out of resources', 'Ask again in a moment.', !spoke);
    }
    if (spoke || (mayCall && calls.length > 0)) return undefined;
    if (mayCall && finishReason === 'tool_calls') return this.#badCall('called a tool without saying which');
    if (calls.length > 0 || finishReason === 'tool_calls') {
      const tool = calls[0]?.name ? `the tool ${calls[0].name}` : 'a tool';
      return fault(
        `it called ${tool} instead of answering`,
        'Tools are not offered: take them out of --llm_extra_body, or choose another model with --llm_model.',
      );
    }
    return answer.reasoned
      ? fault('it thought, but gave no answer', 'Ask again, or choose another model with --llm_model.')
      : fault('its answer was empty', 'Ask again, or choose another model with --llm_model.');
  }

  #badCall(problem: string): ProviderError {
    return llmFault(this.#asked, {
      reason: `it ${problem}`,
      remedy: 'Ask again, choose another model with --llm_model, or offer it no tools: --llm_tools off.',
    });
  }

  async #faultOf(error: unknown, answer: AnswerReader, signal: AbortSignal): Promise<ProviderError> {
    if (error instanceof OpenAI.APIError && isMissing(error)) return this.#missing(error, signal);
    const fault = faultOf(error, this.#asked);
    if (!answer.spoke || !fault.retrySafe) return fault;
    return llmFault(this.#asked, {
      reason: 'the connection was lost in mid-answer',
      remedy: 'Ask again.',
      cause: fault.cause,
    });
  }

  /** Is it the model that is not there, or the service? Its list of models tells. */
  async #missing(error: InstanceType<typeof OpenAI.APIError>, signal: AbortSignal): Promise<ProviderError> {
    const asked = this.#asked;
    const { model, config } = asked;
    this.#listedModel = undefined;
    let listed: string[];
    try {
      listed = await this.#listed(AbortSignal.any([signal, AbortSignal.timeout(LIST_LIMIT_MS)]));
    } catch {
      signal.throwIfAborted();
      const { message } = explanationIn({ error: error.error }, config.apiKey);
      return llmFault(asked, {
        reason: `there is no chat service at ${config.baseUrl} (${error.status})${message ? `: ${message}` : ''}`,
        remedy: NOT_COMPATIBLE,
      });
    }
    const known = listed.filter((id) => !NOT_CHAT.test(id));
    const some = known.slice(0, MAX_NAMED_MODELS).join(', ');
    const pull = config.service === 'ollama' ? `, or fetch it with: ollama pull ${model}` : '';
    return llmFault(asked, {
      reason: `it has no model ${model} (${error.status})`,
      remedy: some
        ? `Choose one with --llm_model: ${some}${known.length > MAX_NAMED_MODELS ? ', ...' : ''}${pull}.`
        : `Choose another one with --llm_model${pull}.`,
    });
  }

  /**
   * The one place where something leaves. The library would add an organisation, a project and custom headers from its own
   * environment variables, whichever host it talks to, and follow redirects; a service gets its key and the question.
   */
  async #send(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const headers: Record<string, string> = { accept: 'text/event-stream, application/json', 'user-agent': 'herald' };
    if (init.body) headers['content-type'] = 'application/json';
    if (this.#config.apiKey) headers.authorization = `Bearer ${this.#config.apiKey}`;
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    if (response.ok) return response;
    // The library would read an explanation of any size and understands one shape of it only.
    const explanation = explanationIn(parsed(await explanationOf(response)), this.#config.apiKey);
    const body = response.status === 304 ? null : JSON.stringify({ error: explanation });
    return new Response(body, { status: response.status, headers: response.headers });
  }
}

const isMissing = ({ status, code }: { status?: number | undefined; code?: string | null | undefined }): boolean =>
  status === 404 || (status === 400 && /model_?not_?(?:found|exist|supported)/i.test(code ?? ''));

/** Explanations that are not JSON are words, or a web page, which explains nothing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return /^\s*</.test(text) ? {} : { message: text };
  }
}
