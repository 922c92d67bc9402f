import type { IncomingHttpHeaders } from 'node:http';
import { say } from '../../../shared/told';
import { ProviderError, type ProviderFault } from '../provider-error';

/** What an engine knows about its own server's failures; each a sentence that says what to do. */
export interface FaultHints {
  /** The request was turned down (400, 422). */
  request?: string;
  /** Nothing at that address answers to the path (404, 405). */
  missing?: string;
  /** The answer broke off or was empty. */
  brokenOff?: string;
  /** There is no connection. */
  unreachable?: string;
  /** Where its key is put; HERALD_TTS_API_KEY unless said. */
  keyNames?: string;
  /** What must never be repeated, beside the key that `HttpFaults` is made with: keys that go in other headers. */
  secrets?: readonly (string | undefined)[];
  /** A service that says 200 and refuses in words (JSON): the status that it should have sent, and the words. */
  refusal?(body: unknown): Refusal | undefined;
}

export interface Refusal {
  status: number;
  message: string;
}

/** The connection ended in the middle of an answer. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

/** Of 429: the account is used up, or there is only too much at once, for which some services say "quota", too. */
const SPENT = /quota|credit|balance|billing/i;
const BUSY = /rate.?(?:limit|quota)|concurren/i;
const MAX_MESSAGE_CHARACTERS = 300;
const KEY_NAME = 'HERALD_TTS_API_KEY';
const CORRECT_ADDRESS = say('voice.do.address');
const START_IT = say('voice.do.start');
const SEE_LOG = say('voice.do.log');

/** Turns everything that can go wrong between us and a voice server into a `ProviderError`. Keys never get into it. */
export class HttpFaults {
  readonly #provider: string;
  /** The address as people may see it: without user name and password. */
  readonly address: string;
  readonly keyNames: string;
  readonly #secrets: string[];
  readonly #hasKey: boolean;
  readonly #hints: FaultHints;

  constructor(provider: string, server: URL, apiKey: string | undefined, hints: FaultHints) {
    this.#provider = provider;
    this.address = `${server.protocol}//${server.host}${server.pathname.replace(/\/$/, '')}`;
    const keys = [apiKey, ...(hints.secrets ?? [])].filter((secret) => secret !== undefined && secret !== '');
    this.#secrets = [...keys, server.password].filter((secret) => secret !== '') as string[];
    this.#hasKey = keys.length > 0;
    this.#hints = hints;
    this.keyNames = hints.keyNames ?? KEY_NAME;
  }

  make(reason: string, remedy: string, more: Partial<ProviderFault> = {}): ProviderError {
    return new ProviderError({ ...more, part: 'voice', provider: this.#provider, reason, remedy });
  }

  /** An answer other than 2xx. `body` may be cut short. */
  status(status: number, headers: IncomingHttpHeaders, body: string): ProviderError {
    const why = `${status}${this.#said(body)}`;
    const wait = retryAfterMs(headers);
    const more = wait === undefined ? {} : { retryAfterMs: wait };
    if (status >= 300 && status < 400) {
      return this.make(say('voice.moved', { address: this.address, status }), say('voice.do.moved'));
    }
    if (status === 401 || status === 403) {
      const reason = say(this.#hasKey ? 'voice.keyRefused' : 'voice.keyWanted', { address: this.address, why });
      return this.make(reason, say('voice.do.key', { names: this.keyNames }));
    }
    if (status === 402 || (status === 429 && SPENT.test(body) && !BUSY.test(body))) {
      return this.make(say('voice.noCredit', { address: this.address, why }), say('voice.do.topUp'), more);
    }
    if (status === 429) {
      return this.make(say('voice.busy', { address: this.address, why }), say('voice.do.wait'), more);
    }
    if (status === 404 || status === 405) {
      const remedy = this.#hints.missing ?? `Is it a ${this.#provider} server? ${CORRECT_ADDRESS}`;
      return this.make(say('voice.notOffered', { address: this.address, why }), remedy);
    }
    if (status >= 500) {
      return this.make(say('voice.broke', { address: this.address, why }), SEE_LOG, { ...more, retrySafe: true });
    }
    return this.make(
      say('voice.requestRefused', { address: this.address, why }),
      this.#hints.request ?? say('voice.do.settings'),
      { ofRequest: true },
    );
  }

  /** No answer came: the connection could not be made, or ended before it. */
  connection(error: unknown): ProviderError {
    const code = errorCode(error);
    const known = CONNECTION[code];
    if (code === 'ERR_INVALID_CHAR') {
      const reason = `${this.address} was not asked, for the key holds characters that no header can`;
      return this.make(reason, `Correct ${this.keyNames}.`);
    }
    if (known) {
      const remedy = this.#hints.unreachable ?? known.remedy;
      return this.make(say(known.reason, { address: this.address }), remedy, { ...known.more, cause: error });
    }
    if (/CERT|TLS|SSL|EPROTO|SELF_SIGNED|UNABLE_TO/.test(code)) {
      return this.make(
        `no secure connection to ${this.address} (${code})`,
        'Correct its certificate, or use http:// in --TTS_SERVER where the server speaks plain HTTP.',
        { cause: error },
      );
    }
    if (code.startsWith('HPE_')) {
      return this.make(`${this.address} does not speak HTTP`, `Is it https://, or another port? ${CORRECT_ADDRESS}`, {
        cause: error,
      });
    }
    return this.make(
      say('voice.notReached', { address: this.address, why: code || 'unknown error' }),
      this.#hints.unreachable ?? START_IT,
      {
        cause: error,
      },
    );
  }

  /** It answered 200 with something to read instead of something to hear. */
  notSound(kind: 'a web page' | 'JSON' | 'events', body: string): ProviderError {
    const refusal = this.refusal(body);
    if (refusal) return refusal;
    const remedy = kind !== 'a web page' ? SEE_LOG : `Is it a ${this.#provider} server? ${CORRECT_ADDRESS}`;
    return this.make(`${this.address} answered ${kind} instead of sound${this.#said(body, ': ')}`, remedy);
  }

  /** What the service refuses in words of its own; undefined where they are none. */
  refusal(body: string): ProviderError | undefined {
    if (!this.#hints.refusal || !/^\s*\{/.test(body)) return undefined;
    try {
      const refusal = this.#hints.refusal(JSON.parse(body));
      return refusal && this.status(refusal.status, {}, refusal.message);
    } catch {
      return undefined;
    }
  }

  /** It answered something else where JSON was due. */
  notJson(body: string, cause: unknown): ProviderError {
    const remedy = `Is it a ${this.#provider} server? ${CORRECT_ADDRESS}`;
    return this.make(`${this.address} answered something else than JSON${this.#said(body, ': ')}`, remedy, { cause });
  }

  tooLong(maxBytes: number): ProviderError {
    return this.make(
      `${this.address} answered more than ${maxBytes} bytes`,
      `Is it the right server? ${CORRECT_ADDRESS}`,
    );
  }

  /** The answer ended before its end. Asking again does no harm as long as nothing was heard. */
  cutOff(heardMs: number, cause?: unknown): ProviderError {
    const after = heardMs > 0 ? `after ${(heardMs / 1_000).toFixed(1)} s of sound` : 'before any sound';
    return this.make(`${this.address} cut off its answer ${after}`, this.#hints.brokenOff ?? SEE_LOG, {
      retrySafe: heardMs === 0,
      cause,
    });
  }

  /** A WebSocket ended before its end (RFC 6455, 7.4). */
  hungUp({ code, reason }: { code: number; reason: string }, heardMs: number): ProviderError {
    if (!reason) return this.cutOff(heardMs);
    return this.make(
      `${this.address} closed the connection (code ${code}${this.#said(reason)})`,
      this.#hints.brokenOff ?? SEE_LOG,
      { retrySafe: heardMs === 0 && code >= 1_011 },
    );
  }

  noSound(): ProviderError {
    return this.make(say('voice.noSound', { address: this.address }), this.#hints.brokenOff ?? SEE_LOG);
  }

  /** The server's own words, as a clause to append; empty where it had none. */
  #said(body: string, before = ', '): string {
    let text = bodyMessage(body);
    for (const secret of this.#secrets) text = text.replaceAll(secret, '***');
    // OpenAI repeats a part of the key that it refuses.
    text = text.replace(/\b(sk|pk)-[\w*-]{4,}/g, '$1-***');
    return text === '' ? '' : `${before}${text}`;
  }
}

interface NoConnection {
  reason: 'voice.refused' | 'voice.reset' | 'voice.noName' | 'voice.unreachable';
  remedy: string;
  more: Partial<ProviderFault>;
}
const refused: NoConnection = { reason: 'voice.refused', remedy: START_IT, more: { retrySafe: true } };
const reset: NoConnection = { reason: 'voice.reset', remedy: SEE_LOG, more: { retrySafe: true } };
const unknownHost: NoConnection = { reason: 'voice.noName', remedy: CORRECT_ADDRESS, more: {} };
const unreachable: NoConnection = { reason: 'voice.unreachable', remedy: START_IT, more: {} };
const CONNECTION: Record<string, NoConnection> = {
  ECONNREFUSED: refused,
  ECONNRESET: reset,
  EPIPE: reset,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
};

function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  // Where a name has several addresses, Node tries each and reports them all.
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined;
}

/** What a failed answer says in words, from the shapes that OpenAI, FastAPI and these servers use; at most 300 characters. */
export function bodyMessage(body: string): string {
  const trimmed = body.trim();
  let text = trimmed;
  if (/^[[{"]/.test(trimmed)) {
    try {
      text = inJson(JSON.parse(trimmed));
    } catch {
      // Cut short, or not JSON after all: as it is.
    }
  } else if (trimmed.startsWith('<')) {
    text = /<title[^>]*>([^<]*)</i.exec(trimmed)?.[1] ?? '';
  }
  const clean = text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replace(/[.。]$/, '');
  return clean.length > MAX_MESSAGE_CHARACTERS ? `${clean.slice(0, MAX_MESSAGE_CHARACTERS - 1)}…` : clean;
}

function inJson(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.slice(0, 5).map(inJson).filter(Boolean).join('; ');
  if (typeof value !== 'object' || value === null) return '';
  const { error, detail, message, msg, loc, Exception } = value as Record<string, unknown>;
  // pydantic: which field, and what about it.
  if (typeof msg === 'string' && Array.isArray(loc))
    return `${loc.filter((part) => part !== 'body').join('.')}: ${msg}`;
  const words = [message, detail, error, msg].map(inJson).find((text) => text !== '') ?? '';
  // GPT-SoVITS: "tts failed", and beside it why.
  return typeof Exception === 'string' && Exception !== '' ? `${words}: ${Exception}` : words;
}
