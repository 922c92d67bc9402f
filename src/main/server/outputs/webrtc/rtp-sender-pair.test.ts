import { afterEach, expect, it, vi } from 'vitest';
import { Event, type RTCPeerConnection } from 'werift';
import { RtpSenderPair } from './rtp-sender-pair';

afterEach(() => {
  vi.useRealTimers();
});

it('hears a viewer that answers to another address than the one that was nominated', () => {
  vi.useFakeTimers();
  const pair = () => ({ packetsReceived: 0, requestsReceived: 1, responsesReceived: 1 });
  const [nominated, other, onData] = [pair(), pair(), new Event<[Buffer]>()];
  const connection = { iceTransports: [{ connection: { nominated, checkList: [nominated, other], onData } }] };
  const senders = new RtpSenderPair(connection as unknown as RTCPeerConnection, 'h264');
  senders.setConnected(true);
  vi.advanceTimersByTime(3_000);
  expect(senders.silentForMs()).toBe(3_000);
  onData.execute(Buffer.from('a receiver report')); // werift counts it to no pair
  expect(senders.silentForMs()).toBe(0);
  vi.advanceTimersByTime(1_000);
  other.requestsReceived++; // a consent check
  expect(senders.silentForMs()).toBe(0);
  vi.advanceTimersByTime(1_000);
  senders.setConnected(true); // once more: nothing counts twice, nothing is forgotten
  expect(senders.silentForMs()).toBe(1_000);
});
