import { redactedUrl } from '../push';
import type { IceServer } from '../webrtc/connection';
import { iceServersOfLinks } from '../webrtc/ice-link';
import { MAX_SDP_CHARS } from '../webrtc/sdp';
import { isSrsPublish, srsPublishAnswer, srsPublishBody } from './srs-publish';
import { decoded, problemOfStatus, unreachable, WhipProblem } from './whip-problem';

export interface WhipEndpoint {
  url: string;
  token?: string;
}

/** What the server made of an offer. */
export interface WhipResource {
  answer: string;
  /** Servers that it told of in `Link` headers. */
  iceServers: IceServer[];
  /** Tells the server that the stream is over. Never throws; takes no longer than its deadline. */
  remove(): Promise<void>;
}

export interface Deadlines {
  postMs: number;
  deleteMs: number;
}

const MAX_REDIRECTS = 5;

/**
 * RFC 9725: POSTs a complete offer. It holds all candidates, so no PATCH follows, even where the server would take trickled ones.
 * The token goes to the origin of `url` alone, wherever redirects and `Location` lead.
 * @throws WhipProblem
 */
export async function publish(
  endpoint: WhipEndpoint,
  offer: string,
  { signal, deadlines }: { signal: AbortSignal; deadlines: Deadlines },
): Promise<WhipResource> {
  const authorization = authorizationFor(endpoint);
  let at = withoutUserInfo(new URL(endpoint.url));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlines.postMs)]);
  for (let redirects = 0; ; redirects++) {
    const srs = isSrsPublish(at);
    const reply = await fetch(at, {
      method: 'POST',
      headers: {
        'content-type': srs ? 'application/json' : 'application/sdp',
        accept: srs ? 'application/json' : 'application/sdp',
        ...authorization(at),
      },
      body: srs ? srsPublishBody(at, offer) : offer,
      redirect: 'manual',
      signal: limit,
    }).catch((error: unknown) => {
      throw unreachable(at, error, deadlines.postMs, signal);
    });
    try {
      if (reply.status === 307 || reply.status === 308) {
        if (redirects === MAX_REDIRECTS) throw new WhipProblem('The server redirects in circles: check its address');
        at = redirectTarget(reply, at);
        continue;
      }
      const body = await readBounded(reply).catch((error: unknown) => {
        throw error instanceof WhipProblem ? error : unreachable(at, error, deadlines.postMs, signal);
      });
      if (reply.status !== 200 && reply.status !== 201) throw problemOfStatus(reply, body, endpoint);
      const answer = srs ? srsPublishAnswer(body) : body;
      const resource = locationOf(reply, at);
      return {
        answer,
        iceServers: iceServersOfLinks(reply.headers.get('link')),
        remove: () => remove(resource, resource ? authorization(resource) : {}, deadlines.deleteMs),
      };
    } catch (error) {
      // Whatever was made there must not be left standing.
      if (reply.ok) {
        const resource = locationOf(reply, at);
        await remove(resource, resource ? authorization(resource) : {}, deadlines.deleteMs);
      }
      throw error;
    } finally {
      await reply.body?.cancel().catch(() => {});
    }
  }
}

async function remove(resource: URL | undefined, headers: Record<string, string>, limitMs: number): Promise<void> {
  if (!resource) return;
  try {
    const reply = await fetch(resource, {
      method: 'DELETE',
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    });
    await reply.body?.cancel();
  } catch {
    // It is gone, or will notice that we are.
  }
}

/** Where a 307 or 308 leads. Never from https to http: the offer holds the key of the encryption. */
function redirectTarget(reply: Response, from: URL): URL {
  const location = reply.headers.get('location') ?? '';
  if (!URL.canParse(location, from.href)) throw new WhipProblem(`The server redirects (${reply.status}) to nowhere`);
  const to = withoutUserInfo(new URL(location, from));
  if (!/^https?:$/.test(to.protocol) || (from.protocol === 'https:' && to.protocol === 'http:')) {
    throw new WhipProblem(
      `The server redirects to ${redactedUrl(to.href)}, which is less safe than https: not followed`,
    );
  }
  return to;
}

function locationOf(reply: Response, at: URL): URL | undefined {
  const location = reply.headers.get('location');
  if (!location || !URL.canParse(location, at.href)) return undefined;
  const url = withoutUserInfo(new URL(location, at));
  return /^https?:$/.test(url.protocol) ? url : undefined;
}

/** `fetch` takes no addresses with a user name in them. */
function withoutUserInfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = bare.password = bare.hash = '';
  return bare;
}

function authorizationFor({ url, token }: WhipEndpoint): (to: URL) => Record<string, string> {
  const { origin, username, password } = new URL(url);
  const [name, secret] = [username, password].map(decoded);
  const value = token
    ? `Bearer ${token}`
    : username
      ? `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
      : undefined;
  const headers: Record<string, string> = value === undefined ? {} : { authorization: value };
  return (to) => (to.origin === origin ? headers : {});
}

async function readBounded(reply: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (reply.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_SDP_CHARS)
      throw new WhipProblem('The answer is too long to be SDP: is the address that of a WHIP endpoint?');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
