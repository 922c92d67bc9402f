import { HeraldError } from '../../errors';
import type { WhipEndpoint } from './whip-client';

/** Why a stream was not taken, and what follows. The message holds neither the token nor the address's path and query. */
export class WhipProblem extends HeraldError {
  /** The same again would get the same answer: somebody must change something. */
  readonly lasting: boolean;
  /** The server asked to be left alone for so long. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { lasting = true, retryAfterMs }: { lasting?: boolean; retryAfterMs?: number } = {}) {
    super('refused', message);
    this.lasting = lasting;
    this.retryAfterMs = retryAfterMs;
  }
}

const MAX_DETAIL_CHARS = 200;

/** An answer that is neither 200, 201 nor a redirect that is followed. */
export function problemOfStatus(reply: Response, body: string, endpoint: WhipEndpoint): WhipProblem {
  const { status } = reply;
  const detail = detailOf(reply, body, endpoint);
  const told = detail ? ` It said: ${detail}` : '';
  const problem = (message: string, more?: ConstructorParameters<typeof WhipProblem>[1]) =>
    new WhipProblem(`${message} (${status}).${told}`, more);
  const retryAfterMs = retryAfter(reply.headers.get('retry-after'));
  switch (status) {
    case 401:
    case 403:
      return endpoint.token
        ? problem('The server refuses the token: check that it is valid for this stream, and for publishing')
        : problem('The server wants a token, or a key in the address: give the output its bearer token');
    case 404:
    case 410:
      return problem(
        'The server knows no such path: check the address after the host, and that the stream exists there',
      );
    case 405:
    case 501:
      return problem('The address takes no WHIP: check its path');
    case 406:
    case 415:
    case 422:
      return problem('The server cannot use the offer: allow H.264 (or VP8) video and Opus audio in its settings');
    case 409:
      return problem('Someone publishes to this stream already', { lasting: false, retryAfterMs });
    case 301:
    case 302:
    case 303:
      return problem(
        'The server redirects in a way that RFC 9725 does not allow: give the address that it redirects to',
      );
    case 408:
    case 425:
      return problem('The server gave up waiting', { lasting: false, retryAfterMs });
    case 429:
      return problem('The server has had too many requests', { lasting: false, retryAfterMs });
    case 503:
      return problem('The server is too busy, or not up yet', { lasting: false, retryAfterMs });
  }
  if (status >= 500) return problem('The server failed', { lasting: false, retryAfterMs });
  return problem('The server refuses the offer');
}

/** No answer at all. */
export function unreachable(at: URL, error: unknown, limitMs: number, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason instanceof Error ? signal.reason : new Error('stopped');
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new WhipProblem(`${at.host} did not answer within ${limitMs / 1_000} s`, { lasting: false });
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const why =
    code === 'ECONNREFUSED'
      ? 'nothing listens there: is the server running, and the port right?'
      : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
        ? 'this name is not known: check the host, and the network'
        : /CERT|TLS|SSL|SELF_SIGNED/.test(code ?? '')
          ? `its certificate is not trusted (${code}): install a valid one there, or its authority here (NODE_EXTRA_CA_CERTS)`
          : (code ?? 'the connection broke');
  return new WhipProblem(`${at.host} cannot be reached: ${why}`, { lasting: false });
}

/** Seconds or an HTTP date, RFC 9110 section 10.2.3. */
function retryAfter(header: string | null): number | undefined {
  if (!header) return undefined;
  const ms = /^\s*\d{1,9}\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** The server's own words (RFC 9457, or what the field's servers send), with everything secret taken out. */
function detailOf(reply: Response, body: string, { url, token }: WhipEndpoint): string {
  const type = reply.headers.get('content-type') ?? '';
  let text = '';
  if (/json/.test(type)) {
    try {
      const said = JSON.parse(body) as Record<string, unknown>;
      text = [said.detail, said.title, said.error, said.message, said.msg].find((one) => typeof one === 'string') ?? '';
    } catch {}
  } else if (/^text\/plain/.test(type)) {
    text = body;
  }
  const { pathname, searchParams, username, password } = new URL(url);
  const secrets = [token, ...pathname.split('/'), ...searchParams.values(), username, password];
  for (const secret of secrets.flatMap((one) => (one ? [one, decoded(one)] : []))) {
    if (secret.length >= 4) text = text.replaceAll(secret, '***');
  }
  return text
    .replace(/[^\P{C}]+|\s+/gu, ' ')
    .trim()
    .slice(0, MAX_DETAIL_CHARS);
}

/** As the server may write it; a name with a stray `%` stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
