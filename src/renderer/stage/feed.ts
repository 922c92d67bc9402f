import { ApiError, authorisation, closeSession, readReply } from '../rtc/http';
import { connected, connectPeer, offerToReceive } from '../rtc/peer';
import type { StageOptions } from './options';

/** Picture and sound on their way to this page. */
export interface Feed {
  pc: RTCPeerConnection;
  stream: MediaStream;
  /** Gives the place at the server back; works while the page is being unloaded. */
  leave(): void;
}

/** Watches a session that exists, or opens one. @throws ApiError, MediaPathError or the signal's reason */
export const openFeed = (options: StageOptions, signal: AbortSignal): Promise<Feed> =>
  options.sessionId === null ? openOwn(options, signal) : watch(options.sessionId, signal);

async function openOwn({ avatar, background }: StageOptions, signal: AbortSignal): Promise<Feed> {
  let sessionId: number | undefined;
  const giveBack = () => {
    if (sessionId !== undefined) closeSession(sessionId);
  };
  try {
    const { pc, stream } = await connectPeer({ avatar, background, signal, onSession: (id) => (sessionId = id) });
    const leave = () => {
      pc.close();
      giveBack();
    };
    return { pc, stream, leave };
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** WHEP (draft-ietf-wish-whep): one POST with the offer, 201 with the answer and the address of what was made. */
async function watch(sessionId: string, signal: AbortSignal): Promise<Feed> {
  const pc = new RTCPeerConnection();
  let resource: string | undefined;
  const leave = () => {
    pc.close();
    if (resource === undefined) return;
    const request = { method: 'DELETE', keepalive: true, headers: authorisation() };
    void fetch(resource, request).catch(() => undefined);
  };
  try {
    const stream = await offerToReceive(pc, signal);
    const reply = await fetch(`/whep/${sessionId}`, {
      method: 'POST',
      body: pc.localDescription?.sdp ?? '',
      headers: { 'content-type': 'application/sdp', ...authorisation() },
      signal,
    });
    const answer = await reply.text();
    // Failures are the server's usual JSON, whose reason belongs into the error.
    if (reply.status !== 201)
      readReply(reply.status === 200 ? 502 : reply.status, answer, reply.headers.get('retry-after'));
    const location = reply.headers.get('location');
    if (location !== null) resource = new URL(location, reply.url).href;
    await pc.setRemoteDescription({ type: 'answer', sdp: answer });
    await connected(pc, signal);
    return { pc, stream, leave };
  } catch (error) {
    leave();
    if (error instanceof TypeError && !signal.aborted) throw new ApiError(0, '');
    throw error;
  }
}
