import { request } from './http';

/** Bounds of the hand-shake: local candidates come within milliseconds, a media path within a second or two. */
const GATHER_MS = 1_000;
const CONNECT_MS = 12_000;

/** Raised when signalling worked and the media path did not: almost always a firewall. */
export class MediaPathError extends Error {
  override readonly name = 'MediaPathError';
}

export interface Peer {
  pc: RTCPeerConnection;
  sessionId: number;
  /** Both tracks, picture and sound. */
  stream: MediaStream;
}

/**
 * Makes the local description an offer to receive one picture and one sound track, complete with its candidates.
 * @returns the stream that both tracks will be in
 */
export async function offerToReceive(pc: RTCPeerConnection, signal: AbortSignal): Promise<MediaStream> {
  const stream = new MediaStream();
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.ontrack = ({ track }) => stream.addTrack(track);
  await pc.setLocalDescription(await pc.createOffer());
  await gathered(pc, signal);
  return stream;
}

/**
 * Offers to receive one picture and one sound track, and resolves when media can flow.
 * `onSession` is called as soon as the server has made the session, so that a caller that gives up can close it.
 */
export async function connectPeer(options: {
  /** Who is to appear; null is whom the server prefers. */
  avatar: string | null;
  /** A colour for the presenter to stand before. */
  background?: string | null;
  signal: AbortSignal;
  onSession(sessionId: number): void;
}): Promise<Peer> {
  const { signal } = options;
  const pc = new RTCPeerConnection();
  try {
    const stream = await offerToReceive(pc, signal);
    const answer = await request<{ sdp: string; type: 'answer'; sessionid: number }>('POST', '/offer', {
      body: {
        sdp: pc.localDescription?.sdp,
        type: 'offer',
        ...(options.avatar !== null && { avatar: options.avatar }),
        ...(options.background && { background: options.background }),
      },
      headers: { 'x-herald-studio': '1' },
      signal,
    });
    options.onSession(answer.sessionid);
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    await connected(pc, signal);
    return { pc, sessionId: answer.sessionid, stream };
  } catch (error) {
    pc.close();
    throw error;
  }
}

/** The server takes no trickled candidates: the offer waits for its own, but not for a slow interface. */
function gathered(pc: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  return until(pc, 'icegatheringstatechange', signal, GATHER_MS, 'resolve', () => pc.iceGatheringState === 'complete');
}

export function connected(pc: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  return until(pc, 'connectionstatechange', signal, CONNECT_MS, 'reject', () => {
    if (pc.connectionState === 'failed') throw new MediaPathError('the media path failed');
    return pc.connectionState === 'connected';
  });
}

/** Resolves when `done()` turns true on an event; when the time is up it resolves or rejects as told. */
function until(
  target: EventTarget,
  event: string,
  signal: AbortSignal,
  limitMs: number,
  late: 'resolve' | 'reject',
  done: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clearTimeout(timer);
      target.removeEventListener(event, check);
      signal.removeEventListener('abort', onAbort);
      how();
    };
    const check = () => {
      try {
        if (done()) settle(resolve);
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const onAbort = () => settle(() => reject(signal.reason));
    const timer = setTimeout(
      () => settle(late === 'resolve' ? resolve : () => reject(new MediaPathError(`no ${event} in time`))),
      limitMs,
    );
    target.addEventListener(event, check);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else check();
  });
}
