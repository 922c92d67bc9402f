import { randomBytes } from 'node:crypto';
import { WhipProblem } from './whip-problem';

/** SRS's API from before WHIP: JSON in, JSON out, and no way to say goodbye but to close the connection. */
export const isSrsPublish = (url: URL): boolean => /\/rtc\/v1\/publish\/?$/.test(url.pathname);

/**
 * `{ api, streamurl, sdp }` as SRS's own client sends it. The stream is `?app=live&stream=name`, as at its WHIP address, or a
 * whole `?streamurl=webrtc://...`; what else the query holds (a secret, a vhost) belongs to the stream.
 */
export function srsPublishBody(url: URL, sdp: string): string {
  const { app = 'live', stream, streamurl, ...rest } = Object.fromEntries(url.searchParams);
  if (!stream && !streamurl) {
    throw new WhipProblem('The address names no stream: add ?app=live&stream=NAME');
  }
  const query = new URLSearchParams(rest).toString();
  return JSON.stringify({
    api: `${url.origin}${url.pathname}`,
    tid: randomBytes(4).toString('hex').slice(0, 7),
    streamurl: streamurl ?? `webrtc://${url.hostname}/${app}/${stream}${query && `?${query}`}`,
    clientip: null,
    sdp,
  });
}

/** @throws WhipProblem with SRS's code where it is not 0. */
export function srsPublishAnswer(body: string): string {
  let reply: { code?: unknown; sdp?: unknown } | undefined;
  try {
    reply = JSON.parse(body) as typeof reply;
  } catch {}
  if (reply?.code === 0 && typeof reply.sdp === 'string') return reply.sdp;
  const code = typeof reply?.code === 'number' || typeof reply?.code === 'string' ? ` with code ${reply.code}` : '';
  throw new WhipProblem(
    `The server did not take the stream${code}: is it an SRS with rtc_server enabled, and the stream not published already?`,
    // SRS has one code for all that it does not like, a stream that is still held by our last connection among it.
    { lasting: false },
  );
}
