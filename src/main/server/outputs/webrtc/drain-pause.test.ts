import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { closedAfterEach, until } from '../../../../../testing/opened';
import { ProgramSource } from '../../../../../testing/program-source';
import { RtpViewer } from '../../../../../testing/viewer';
import type { PeerNetwork } from './congestion/network';
import { DrainPause } from './drain-pause';
import { normaliseOffer } from './offer';
import { Peer } from './peer';

const IDR = 5;
const SPS = 7;

const opened = closedAfterEach();

it('sends nothing but probes into a queue that is full, and goes on with sound and a keyframe when one has come through', async () => {
  const source = await ProgramSource.open('h264');
  const { viewer, sdp } = await RtpViewer.offer('H264');
  const signal = new AbortController().signal;
  const { peer, answer } = await Peer.negotiate(normaliseOffer(sdp), { iceServers: [], signal });
  opened.push(source, viewer, peer);
  await viewer.accept(answer);
  await until(() => peer.state === 'connected');
  await source.program.attach(peer);
  const { video, audio } = viewer;
  await until(() => video.packets.length > 5 && audio.packets.length > 5);

  const { network } = (peer as unknown as { adaptation: { network: PeerNetwork } }).adaptation;
  const sentMs = performance.now();
  network.onFlood();
  await sleep(50); // what was on its way
  const [videoBefore, audioBefore] = [video.packets.length, audio.packets.length];
  await until(() => video.packets.length >= videoBefore + 3);
  expect(video.packets.slice(videoBefore).every(({ payload, marker }) => payload.length === 0 && !marker)).toBe(true);
  expect(audio.packets.length).toBe(audioBefore);

  const probe = { kind: 'probe', ms: 0, last: false } as const;
  network.onArrivals([{ sentMs: sentMs - 1, arrivedMs: 1, bytes: 80, media: probe }]); // of another pause
  network.onArrivals([{ sentMs: performance.now(), arrivedMs: undefined, bytes: 80, media: probe }]); // lost
  await sleep(100);
  expect(audio.packets.length).toBe(audioBefore);
  const at = video.packets.length;
  network.onArrivals([{ sentMs: performance.now(), arrivedMs: 1, bytes: 80, media: probe }]);
  await until(
    () => video.packets.slice(at).some(({ payload }) => payload.length > 0) && audio.packets.length > audioBefore + 5,
  );
  const first = video.packets.slice(at).find(({ payload }) => payload.length > 0)!;
  expect([IDR, SPS]).toContain(first.payload[0]! & 0x1f);
  const numbers = video.packets.map(({ sequenceNumber }) => sequenceNumber);
  expect(numbers.slice(1).every((number, i) => number === ((numbers[i]! + 1) & 0xffff))).toBe(true);
});

it('ends by itself where nobody reports', () => {
  const pause = new DrainPause();
  pause.begin(1_000);
  pause.begin(2_000);
  expect([pause.on, pause.expired(3_999), pause.expired(4_000), pause.on, pause.expired(9_000)]).toEqual([
    true,
    false,
    true,
    false,
    false,
  ]);
});
