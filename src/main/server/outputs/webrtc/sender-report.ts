import type { RTCRtpSender } from 'werift';

/** Seconds between the NTP epoch (1900) and the Unix epoch, RFC 3550 section 4. */
const NTP_UNIX_OFFSET_S = 2_208_988_800;

/** Milliseconds since the Unix epoch -> 64-bit NTP timestamp. */
export function ntpFromUnixMs(unixMs: number): bigint {
  const seconds = Math.floor(unixMs / 1_000);
  const fraction = Math.floor(((unixMs - seconds * 1_000) / 1_000) * 2 ** 32);
  return (BigInt(seconds + NTP_UNIX_OFFSET_S) << 32n) | BigInt(fraction);
}

export interface RtpClock {
  /** RTP timestamp at sample 0. */
  firstTimestamp: number;
  clockRate: number;
  /** Wall-clock time of sample 0. */
  epochMs: number;
}

/** Wall-clock time of an RTP timestamp; correct across the 32-bit wrap up to half its range before or after. */
export function unixMsOf(rtpTimestamp: number, elapsedTicksHint: number, clock: RtpClock): number {
  const wrapped = (rtpTimestamp - clock.firstTimestamp) >>> 0;
  const turns = Math.round((elapsedTicksHint - wrapped) / 2 ** 32);
  return clock.epochMs + ((wrapped + turns * 2 ** 32) / clock.clockRate) * 1_000;
}

interface SenderInternals {
  rtpTimestamp: number;
}

/**
 * werift (0.23.0, 0.24.4, 0.25.2) writes decimal digits into the NTP fraction of its sender reports, so that receivers see
 * audio and video wander against each other by up to a second. The report is built from two fields of the sender: here the
 * NTP one is replaced by the media clock's own answer for the RTP one. Private, hence the exact version pin and its test.
 */
export function mapSenderReports(sender: RTCRtpSender, clock: RtpClock, elapsedTicks: () => number): void {
  const internals = sender as unknown as SenderInternals;
  Object.defineProperty(sender, 'ntpTimestamp', {
    configurable: true,
    get: () => ntpFromUnixMs(unixMsOf(internals.rtpTimestamp, elapsedTicks(), clock)),
    set: () => {},
  });
}
