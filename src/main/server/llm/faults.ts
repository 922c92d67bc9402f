import { APIConnectionError, APIError } from 'openai';
import { say } from '../../../shared/told';
import { ProviderError, type ProviderFault } from '../provider-error';
import { OversizedBody } from './body';
import type { LlmConfig } from './presets';

/** The service could not be reached, or never began to answer: asking again soon would cost the next listener as long. */
export class NoAnswerError extends ProviderError {}

/** Who was asked, for what people are told about a failure. */
export interface Asked {
  provider: string;
  config: LlmConfig;
  model?: string | undefined;
}

type Fault = Omit<ProviderFault, 'part' | 'provider'>;

export const llmFault = ({ provider }: Asked, fault: Fault): ProviderError =>
  new ProviderError({ part: 'llm', provider, ...fault });

const noAnswer = ({ provider }: Asked, fault: Fault) => new NoAnswerError({ part: 'llm', provider, ...fault });

const MAX_QUOTE_CHARACTERS = 160;

/**
 * Any failure of a request as something to tell people. An HTTP failure carries no `cause`: services quote keys in their
 * explanations, and a cause ends up in the log.
 */
export function faultOf(error: unknown, asked: Asked): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof APIError && !(error instanceof APIConnectionError)) {
    return error.status === undefined ? frameFault(error.error, asked) : statusFault(error, asked);
  }
  if (error instanceof SyntaxError) {
    return llmFault(asked, { reason: 'it sent something that is not JSON', remedy: NOT_COMPATIBLE, cause: error });
  }
  if (error instanceof OversizedBody) {
    return llmFault(asked, { reason: 'it sent far more than an answer', remedy: NOT_COMPATIBLE });
  }
  return connectionFault(error, asked);
}

export const NOT_COMPATIBLE =
  'Check --llm_base_url: it must name an OpenAI-compatible service, and usually ends in /v1.';

function statusFault({ status = 0, error, headers }: APIError, asked: Asked): ProviderError {
  const { message, code } = explanationIn({ error }, asked.config.apiKey);
  const why = `(${status})${message ? `: ${message}` : ''}`;
  const { keyVariable, apiKey } = asked.config;
  const fault = (reason: string, remedy: string, more: Partial<Fault> = {}) =>
    llmFault(asked, { reason, remedy, ...more });

  if (status === 402 || /insufficient_quota|arrearage|insufficient.balance/i.test(code)) {
    return fault(say('llm.noCredit', { status }), say('llm.do.topUp'));
  }
  if (/data_inspection|datainspection|content_filter|content_policy/i.test(code)) {
    return fault(say('llm.filtered', { status }), say('llm.do.reword'));
  }
  switch (status) {
    case 401:
      return apiKey
        ? fault(say('llm.keyRefused'), say('llm.do.checkKey', { variable: keyVariable }))
        : fault(say('llm.keyWanted'), say('llm.do.setKey', { variable: keyVariable }));
    case 403:
      return fault(say('llm.accessRefused', { why }), say('llm.do.checkAccess', { variable: keyVariable }));
    case 429: {
      const retryAfterMs = retryAfterOf(headers);
      if (retryAfterMs === undefined) return fault(say('llm.busy'), say('llm.do.askAgain'));
      const seconds = Math.ceil(retryAfterMs / 1_000);
      return fault(say('llm.busyFor', { seconds }), say('llm.do.askAgainIn', { seconds }), {
        retryAfterMs,
      });
    }
  }
  if (status >= 500) {
    const retryAfterMs = retryAfterOf(headers);
    return fault(say('llm.broke', { why }), say('llm.do.askAgain'), {
      retrySafe: true,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  if (status < 400) {
    return fault(`it has moved to ${placeOf(headers?.get('location'), asked)} (${status})`, 'Correct --llm_base_url.');
  }
  return /context|too long|max(?:imum)? \w*length/i.test(`${code} ${message}`)
    ? fault(say('llm.tooLong', { why }), say('llm.do.shorten'))
    : fault(say('llm.requestRefused', { why }), say('llm.do.checkModel'));
}

/** An error that came inside an answer that had begun with 200. */
export function frameFault(payload: unknown, asked: Asked): ProviderError {
  const { message } = explanationIn({ error: payload }, asked.config.apiKey);
  return llmFault(asked, {
    reason: message ? say('llm.gaveUp', { why: message }) : 'it gave up',
    remedy: say('llm.do.otherModel'),
  });
}

function connectionFault(error: unknown, asked: Asked): ProviderError {
  const code = codeOf(error);
  const { baseUrl, start } = asked.config;
  const { host, hostname, origin } = new URL(baseUrl);
  const cause = error;
  if (code === 'ECONNREFUSED') {
    const remedy = start ? `${start[0]!.toUpperCase()}${start.slice(1)}.` : say('llm.do.start');
    return noAnswer(asked, { reason: say('llm.nobody', { origin }), remedy, retrySafe: true, cause });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const remedy = say('llm.do.checkName');
    const retrySafe = code === 'EAI_AGAIN';
    return noAnswer(asked, { reason: say('llm.noName', { host: hostname }), remedy, retrySafe, cause });
  }
  if (/TIMEDOUT|TIMEOUT|UNREACH/.test(code) || (error instanceof Error && error.name === 'TimeoutError')) {
    const remedy = say('llm.do.checkNetwork');
    return noAnswer(asked, { reason: say('llm.noAnswer', { origin }), remedy, cause });
  }
  if (/CERT|SELF_SIGNED|VERIFY/.test(code)) {
    return noAnswer(asked, {
      reason: `the certificate of ${host} is not trusted (${code})`,
      remedy: "Check this machine's clock, or name your certificate authority in NODE_EXTRA_CA_CERTS.",
      cause,
    });
  }
  if (/SSL|EPROTO|HPE_/.test(code)) {
    const remedy = 'Check whether --llm_base_url should begin with http:// or https://.';
    return llmFault(asked, { reason: `${host} does not speak ${new URL(baseUrl).protocol}//`, remedy, cause });
  }
  return llmFault(asked, {
    reason: say('llm.lost', { host }),
    remedy: say('llm.do.again'),
    retrySafe: true,
    cause,
  });
}

/** The innermost code (`ECONNREFUSED`, `UND_ERR_SOCKET`): fetch wraps it in errors without one. */
function codeOf(error: unknown): string {
  let code = '';
  for (let at = error as NodeJS.ErrnoException | undefined, depth = 0; at instanceof Error && depth < 5; depth++) {
    if (typeof at.code === 'string') code = at.code;
    at = at.cause as NodeJS.ErrnoException | undefined;
  }
  return code;
}

/**
 * What a service says about its failure, in the shapes that are in use: `{error: {message, code}}` (OpenAI), `{error: text}`
 * (Ollama), `{message, code}` (DashScope, vLLM), `{detail}` (FastAPI). One short clause, without the key.
 */
export function explanationIn(payload: unknown, apiKey?: string): { message: string; code: string } {
  const outer = asRecord(payload);
  const inner = asRecord(outer.error);
  const message = [inner.message, outer.error, outer.message, outer.detail].find((text) => typeof text === 'string');
  const code = [inner.code, outer.code, inner.type].find((text) => typeof text === 'string');
  return { message: quote((message as string | undefined) ?? '', apiKey), code: (code as string | undefined) ?? '' };
}

/**
 * Whether a request was refused for the tools in it.
 * Ollama: 400 "... does not support tools". vLLM: 400 "auto" tool choice requires ... OpenRouter: 404 No endpoints found that
 * support tool use. llama.cpp: 500 tools param requires --jinja flag. Others: 422 for a field that they do not know.
 */
export const refusesTools = (error: unknown): boolean =>
  error instanceof APIError &&
  [400, 404, 422, 500, 501].includes(error.status ?? 0) &&
  /\btools?\b|function.?call/i.test(explanationIn({ error: error.error }).message);

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function quote(text: string, apiKey?: string): string {
  const open = (apiKey ? text.replaceAll(apiKey, '(key)') : text).replace(
    /\b(?:sk-|Bearer )[\w.*~+/=-]{4,}/gi,
    '(key)',
  );
  const line = open.replace(/\s+/g, ' ').trim();
  const short = line.length > MAX_QUOTE_CHARACTERS ? `${line.slice(0, MAX_QUOTE_CHARACTERS)}…` : line;
  return short.replace(/[.\s]+$/, '');
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfterOf(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after')?.trim();
  if (!value) return undefined;
  const ms = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, Math.round(ms));
}

/** Without its query, which may hold a session or a token. */
function placeOf(location: string | null | undefined, { config }: Asked): string {
  if (!location || !URL.canParse(location, config.baseUrl)) return 'another address';
  const { origin, pathname } = new URL(location, config.baseUrl);
  return `${origin}${pathname}`;
}
