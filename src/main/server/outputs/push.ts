import type { PushKind, PushState } from '../../../shared/protocol';
import type { Log } from '../log';
import type { Output } from './output';
import type { IceServer } from './webrtc/peer';

export type { PushKind, PushState };

export interface PushOptions {
  /** Checked: of a scheme of its kind, or a device. It holds the stream key: never logged, never told; `redactedUrl` is what people see. */
  url: string;
  /** Bearer token, where the far end wants one. As secret as the address. */
  token?: string;
  /** Already says which session and which output. */
  log: Log;
  /** Aborted when the output is not wanted any more; `close` follows. */
  signal: AbortSignal;
  /** Asks the program for a keyframe, rate-limited there: a far end that is back begins with one. */
  requestKeyframe(): void;
  iceServers: readonly IceServer[];
}

/**
 * A destination elsewhere that the program is sent to. It connects by itself after `start`, and again whenever the connection is
 * lost: 'connecting' -> 'live' <-> 'reconnecting', until 'failed' (trying again would be of no use) or 'closed'.
 */
export interface PushOutput extends Output {
  readonly kind: PushKind;
  readonly state: PushState;
  readonly figures: Readonly<Record<string, number>>;
  /** Called with every new state; `reason` is for people and holds no secret. */
  onChange: (state: PushState, reason?: string) => void;
}

export type OpenPush = (options: PushOptions) => PushOutput;

/** The address as people may see it. The stream key stands in the last part of its path or in its query. */
export function redactedUrl(url: string): string {
  if (!URL.canParse(url)) return '***';
  const { protocol, host, pathname, search } = new URL(url);
  const path = pathname.replace(/[^/]+(\/*)$/, '***$1');
  return `${protocol}//${host}${path}${search ? '?***' : ''}`;
}
