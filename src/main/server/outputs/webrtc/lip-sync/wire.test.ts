import { expect, it } from 'vitest';
import { closedAfterEach, until } from '../../../../../../testing/opened';
import { ProgramSource } from '../../../../../../testing/program-source';
import { RtpViewer } from '../../../../../../testing/viewer';
import type { Arrival } from '../congestion/arrivals';
import type { PeerNetwork } from '../congestion/network';
import { normaliseOffer } from '../offer';
import { Peer } from '../peer';

const HELD_UP_MS = 500;

const opened = closedAfterEach();

async function watched(transportWide: boolean) {
  const source = await ProgramSource.open('h264');
  const { viewer, sdp } = await RtpViewer.offer('H264', { transportWide });
  const { peer, answer } = await Peer.negotiate(normaliseOffer(sdp), {
    iceServers: [],
    signal: new AbortController().signal,
  });
  opened.push(source, viewer, peer);
  await viewer.accept(answer);
  await until(() => peer.state === 'connected');
  await source.program.attach(peer);
  return { peer, viewer, answer };
}

/**
 * What a browser would have reported of ten seconds, the last sound of which was held up. werift's own reports are each of one
 * stream, and tell of no others.
 */
function report(peer: Peer): void {
  const { network } = (peer as unknown as { adaptation: { network: PeerNetwork } }).adaptation;
  const arrivals: Arrival[] = [];
  for (let ms = 0; ms <= 10_000; ms += 20) {
    const arrivedMs = ms + (ms === 10_000 ? HELD_UP_MS : 0);
    arrivals.push({ sentMs: ms, bytes: 200, arrivedMs, media: { kind: 'sound', ms, last: false } });
    if (ms % 40 === 0 && ms < 10_000)
      arrivals.push({ sentMs: ms, bytes: 200, arrivedMs, media: { kind: 'picture', ms, last: true } });
  }
  network.onArrivals(arrivals);
}

const minMs = (delay: Buffer | undefined) => (delay ? (delay.readUIntBE(0, 3) >> 12) * 10 : undefined);

it('tells pictures to wait for sound that a network holds up', async () => {
  const { peer, viewer } = await watched(true);
  const { packets } = viewer.video;
  await until(() => packets.length > 0);
  report(peer);
  await until(() => minMs(packets.at(-1)!.playoutDelay) !== undefined);
  expect(minMs(packets.at(-1)!.playoutDelay)).toBeGreaterThanOrEqual(HELD_UP_MS);
  expect(minMs(packets.at(-1)!.playoutDelay)).toBeLessThan(HELD_UP_MS + 150);
  expect(viewer.audio.packets.every(({ playoutDelay }) => playoutDelay === undefined)).toBe(true);
  expect(peer.figures.pictureDelayMs).toBeGreaterThanOrEqual(HELD_UP_MS);
});

it('tells nothing to those who do not read it', async () => {
  const { viewer, answer } = await watched(false);
  await until(() => viewer.video.packets.length > 10);
  expect(answer).not.toContain('playout-delay');
  expect(viewer.video.packets.some(({ playoutDelay }) => playoutDelay)).toBe(false);
});
