import type { PcmChunk } from '../audio/frame';
import { formBody, jsonBody, type VoiceAnswer, type VoiceHttp } from './http-audio';
import { CutOff } from './http-faults';
import type { Recording } from './reference';

/** One input of a function of the app, in its place. */
export interface GradioInput {
  name: string;
  /** What it is set to on the page; undefined where it is empty. */
  value?: unknown;
}

/** A file on the app's machine. */
export interface GradioFile {
  path: string;
  orig_name?: string;
  meta: { _type: 'gradio.FileData' };
}

const MAX_INFO_BYTES = 4 << 20;
const MAX_REPLY_BYTES = 64 << 10;
const MAX_EVENTS_BYTES = 1 << 20;

/**
 * A Gradio app (version 5) as its "use via API" page documents it: a call answers with the number of an event, and the event,
 * a stream of server-sent events, ends with what the function returned.
 */
export class GradioApp {
  readonly #http: VoiceHttp;

  constructor(http: VoiceHttp) {
    this.#http = http;
  }

  /** The inputs of a function, in their order; undefined where the app has none of this name. @throws ProviderError */
  async inputsOf(name: string, signal: AbortSignal): Promise<GradioInput[] | undefined> {
    const answer = await this.#http.ask({ method: 'GET', path: '/gradio_api/info', signal });
    const { named_endpoints: endpoints } = await this.#http.json(answer, MAX_INFO_BYTES);
    const { parameters } = recordIn(recordIn(endpoints)[`/${name}`]);
    if (!Array.isArray(parameters)) return undefined;
    return parameters.map(recordIn).map(({ parameter_name, parameter_has_default, parameter_default }) => ({
      name: String(parameter_name),
      ...(parameter_has_default === true && { value: parameter_default }),
    }));
  }

  /** @throws ProviderError */
  async upload({ bytes, fileName }: Recording, signal: AbortSignal): Promise<GradioFile> {
    const form = new FormData();
    form.set('files', new Blob([bytes]), fileName);
    const body = await formBody(form);
    const answer = await this.#http.ask({ method: 'POST', path: '/gradio_api/upload', ...body, signal });
    const reply: unknown = await this.#http.json(answer, MAX_REPLY_BYTES);
    const path: unknown = Array.isArray(reply) ? reply[0] : undefined;
    if (typeof path !== 'string') throw this.#http.faults.notJson(JSON.stringify(reply), undefined);
    return { path, orig_name: fileName, meta: { _type: 'gradio.FileData' } };
  }

  /** What the function returns, one value for each of its outputs. Undefined when it failed. @throws ProviderError */
  async call(name: string, data: unknown[], signal: AbortSignal): Promise<unknown[] | undefined> {
    const path = `/gradio_api/call/${name}`;
    const asked = await this.#http.ask({ method: 'POST', path, ...jsonBody({ data }), signal });
    const { event_id: event } = await this.#http.json(asked, MAX_REPLY_BYTES);
    if (typeof event !== 'string' || !/^[\w-]{1,64}$/.test(event)) {
      throw this.#http.faults.notJson(JSON.stringify({ event_id: event }), undefined);
    }
    const answer = await this.#http.ask({ method: 'GET', path: `${path}/${event}`, signal });
    for await (const { kind, text } of this.#events(answer, signal)) {
      if (kind === 'error') return undefined;
      if (kind !== 'complete') continue;
      try {
        const output: unknown = JSON.parse(text);
        return Array.isArray(output) ? output : [output];
      } catch (error) {
        throw this.#http.faults.notJson(text, error);
      }
    }
    throw this.#http.faults.cutOff(0);
  }

  /** The sound of a file that a function returned, from this app only: the address beside it may be anybody's. */
  sound(file: string, signal: AbortSignal, rawRateHz: number): AsyncGenerator<PcmChunk> {
    return this.#http.sound({ method: 'GET', path: `/gradio_api/file=${file}`, signal, rawRateHz });
  }

  async *#events(answer: VoiceAnswer, signal: AbortSignal): AsyncGenerator<{ kind: string; text: string }> {
    const decoder = new TextDecoder();
    let waiting = '';
    let bytes = 0;
    try {
      for await (const part of answer.bytes()) {
        bytes += part.length;
        if (bytes > MAX_EVENTS_BYTES) throw this.#http.faults.tooLong(MAX_EVENTS_BYTES);
        waiting += decoder.decode(part, { stream: true }).replaceAll('\r\n', '\n');
        for (let end = waiting.indexOf('\n\n'); end >= 0; end = waiting.indexOf('\n\n')) {
          const lines = waiting.slice(0, end);
          waiting = waiting.slice(end + 2);
          yield { kind: /^event: ?(.*)$/m.exec(lines)?.[1] ?? '', text: /^data: ?(.*)$/m.exec(lines)?.[1] ?? '' };
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof CutOff ? this.#http.faults.cutOff(0, error) : error;
    } finally {
      answer.cancel();
    }
  }
}

/** The path of the first file in what a function returned: bare, or as the update of a player on the page. */
export function fileIn(output: unknown[]): string | undefined {
  for (const value of output.map(recordIn)) {
    const { path } = 'path' in value ? value : recordIn(value.value);
    if (typeof path === 'string' && path !== '') return path;
  }
  return undefined;
}

const recordIn = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
