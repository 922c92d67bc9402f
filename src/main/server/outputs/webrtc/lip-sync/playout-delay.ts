import type { RTCRtpSender } from 'werift';

/** libwebrtc, docs/native-code/rtp-hdrext/playout-delay: what is built on it reads it, Chromium for one. */
export const PLAYOUT_DELAY_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';
const UNIT_MS = 10;
const MOST_UNITS = 0xfff;

/** From its arrival on, as long as no other picture says otherwise. */
export interface PlayoutDelay {
  minMs: number;
  maxMs: number;
}

/** Twelve bits each, in tens of milliseconds. */
export function serializePlayoutDelay({ minMs, maxMs }: PlayoutDelay): Buffer {
  const units = (ms: number) => Math.max(0, Math.min(MOST_UNITS, Math.round(ms / UNIT_MS)));
  const payload = Buffer.alloc(3);
  payload.writeUIntBE(units(minMs) * 0x1000 + units(maxMs), 0, 3);
  return payload;
}

/** The number that was negotiated for it; undefined where the other side does not read it. */
export function playoutDelayId(sender: RTCRtpSender): number | undefined {
  const { headerExtensions } = sender as unknown as { headerExtensions: { id: number; uri: string }[] };
  return headerExtensions.find(({ uri }) => uri === PLAYOUT_DELAY_URI)?.id;
}
