import { describe, expect, it } from 'vitest';
import { RTCRtpSender } from 'werift';
import { mapSenderReports, ntpFromUnixMs, unixMsOf } from './sender-report';

const unixMs = (ntp: bigint) =>
  (Number(ntp >> 32n) - 2_208_988_800) * 1_000 + (Number(ntp & 0xffffffffn) / 2 ** 32) * 1_000;

describe('sender reports', () => {
  it('writes NTP fractions that read back to the millisecond', () => {
    for (const ms of [0, 1, 999, 1_767_225_600_123.456, 1_767_225_600_999.9]) {
      expect(Math.abs(unixMs(ntpFromUnixMs(ms)) - ms)).toBeLessThan(0.01);
    }
  });

  it('maps RTP time to wall time across wraps of the 32-bit timestamp', () => {
    const clock = { firstTimestamp: 0xffff_ff00, clockRate: 90_000, epochMs: 1_000_000 };
    for (const elapsed of [0, 3_600, 2 ** 32 - 1, 2 ** 32 + 90_000, 3 * 2 ** 32 + 5]) {
      const rtp = (clock.firstTimestamp + elapsed) % 2 ** 32;
      expect(unixMsOf(rtp, elapsed, clock)).toBeCloseTo(1_000_000 + elapsed / 90, 6);
    }
  });

  it('still finds the private fields of the pinned werift that its reports are built from', () => {
    const sender = new RTCRtpSender('video') as unknown as { rtpTimestamp: number; ntpTimestamp: bigint };
    expect(sender).toHaveProperty('ntpTimestamp', 0n);
    expect(sender).toHaveProperty('rtpTimestamp', 0);
    mapSenderReports(
      sender as unknown as RTCRtpSender,
      { firstTimestamp: 1_000, clockRate: 90_000, epochMs: 5_000 },
      () => 90_000,
    );
    sender.rtpTimestamp = 91_000;
    sender.ntpTimestamp = 123n; // what sendRtp does after each packet
    expect(unixMs(sender.ntpTimestamp)).toBeCloseTo(6_000, 3);
  });
});
