/** The page's calls to the server that it came from (API.md). Every failure is an `ApiError` with words for people. */

import type { voicesReply } from '../../shared/protocol';
import type { Told } from '../../shared/told';
import { inOwnWords, problemInOwnWords } from '../i18n/told';
import { readVoices, type SpeechWish, type Voices } from '../store/voices';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    /** HTTP status; 0 when the server did not answer at all. 200 is a documented refusal (`code: -1`). */
    readonly status: number,
    /** What the server said, in the reader's language where that is known; '' when it said nothing. */
    message: string,
    readonly retryAfterS?: number,
  ) {
    super(message);
  }
}

interface Envelope {
  code?: number;
  msg?: string;
  data?: unknown;
  told?: Told;
}

/** The token travels in the page's own address, where the server's QR code puts it. */
export const pageToken: string | null =
  typeof location === 'undefined' ? null : new URLSearchParams(location.search).get('token');

export function authorisation(token: string | null = pageToken): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** For requests that cannot carry headers: EventSource. */
export function withToken(path: string, token: string | null = pageToken): string {
  if (!token) return path;
  return `${path}${path.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
}

/** Turns a reply into its JSON body, or throws what it says went wrong. Pure, so that tests can feed it. */
export function readReply<T>(status: number, body: string, retryAfter: string | null): T {
  let parsed: (T & Envelope) | null = null;
  try {
    parsed = JSON.parse(body) as T & Envelope;
  } catch {
    // A proxy's error page, or nothing at all: the status has to do.
  }
  const said = parsed && typeof parsed === 'object' ? parsed : null;
  if (status >= 200 && status < 300 && said && (said.code ?? 0) === 0) return said;
  // `/humanaudio` answers bad files with msg "err" and the reason in data.
  const why = said?.msg === 'err' && typeof said.data === 'string' ? said.data : (said?.msg ?? '');
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  throw new ApiError(status, inOwnWords(said?.told, why), Number.isFinite(seconds) ? seconds : undefined);
}

export async function request<T = Envelope>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  options: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal; keepalive?: boolean } = {},
): Promise<T> {
  const init: RequestInit = { method, headers: { ...authorisation(), ...options.headers } };
  if (options.keepalive) init.keepalive = true;
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
    init.headers = { ...init.headers, 'content-type': 'application/json' };
  }
  let status: number;
  let text: string;
  let retryAfter: string | null;
  try {
    const reply = await fetch(path, init);
    status = reply.status;
    retryAfter = reply.headers.get('retry-after');
    text = await reply.text();
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, '');
  }
  return readReply<T>(status, text, retryAfter);
}

/** Lets the presenter say a text (`echo`) or answer it (`chat`). The turn is null where the server does not number them. */
export async function human(
  sessionid: number,
  type: 'echo' | 'chat',
  text: string,
  tts?: SpeechWish,
): Promise<{ turn: number | null }> {
  const body = { sessionid, type, text, interrupt: false, ...(tts && { tts }) };
  const { turn } = await request<{ turn?: unknown }>('POST', '/human', { body });
  return { turn: typeof turn === 'number' ? turn : null };
}

export const listVoices = async (): Promise<Voices> => {
  const { data } = await request<(typeof voicesReply)['_output']>('GET', '/api/voices');
  const engines = data.engines.map((engine) => ({ ...engine, problem: problemInOwnWords(engine) }));
  return readVoices({ ...data, engines }, Date.now());
};

/** The language model that answers, with its host. */
export const modelName = async (): Promise<string> => {
  const { data } = await request<{ data: { provider: string } }>('GET', '/api/llm/models');
  return data.provider;
};

export const interruptTalk = (sessionid: number) => request('POST', '/interrupt_talk', { body: { sessionid } });

export const setAudiotype = (sessionid: number, audiotype: number) =>
  request('POST', '/set_audiotype', { body: { sessionid, audiotype } });

export const serverAnswers = () =>
  request('GET', '/api/health').then(
    () => true,
    (e) => e instanceof ApiError && e.status > 0,
  );

/** Closes the session even while the page is being unloaded; nobody waits for the answer. */
export function closeSession(sessionid: number): void {
  void fetch(`/api/sessions/${sessionid}`, { method: 'DELETE', keepalive: true, headers: authorisation() }).catch(
    () => undefined,
  );
}
