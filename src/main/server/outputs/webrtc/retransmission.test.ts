import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { RTCPeerConnection } from 'werift';
import { ProgramSource } from '../../../../../testing/program-source';
import { RtpViewer } from '../../../../../testing/viewer';
import { counts } from '../../metrics/native';
import { normaliseOffer } from './offer';
import { Peer } from './peer';

/** Every fiftieth packet is lost on its way: 2 %. */
const LOSE_EVERY = 50;
const LOSSES = 12;

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

async function until(test: () => boolean, limitMs = 20_000): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited >= limitMs) throw new Error('waited in vain');
    await sleep(10);
  }
}

/** Drops what our side sends in this payload type, each fiftieth packet, on the encrypted wire itself. */
function loseVideo(peer: Peer, payloadType: number) {
  const { connection } = peer as unknown as { connection: RTCPeerConnection };
  const wire = connection.iceTransports[0]!.connection;
  const send = wire.send.bind(wire);
  const figures = { sent: 0, lost: 0 };
  wire.send = async (data: Buffer) => {
    const isVideo = (data[0]! & 0xc0) === 0x80 && (data[1]! & 0x7f) === payloadType;
    if (isVideo && ++figures.sent % LOSE_EVERY === 0 && figures.lost < LOSSES) {
      figures.lost++;
      return;
    }
    await send(data);
  };
  return figures;
}

describe('a viewer that loses 2 % of the packets', () => {
  it.each([
    ['as themselves', false],
    ['as rtx (RFC 4588)', true],
  ])('gets the missing ones again %s', async (_, rtx) => {
    const source = await ProgramSource.open('h264', {
      widthPx: 256,
      heightPx: 256,
      noisy: true,
      bitrateBps: 4_000_000,
    });
    const { viewer, sdp } = await RtpViewer.offer('H264', { rtx });
    const negotiated = await Peer.negotiate(normaliseOffer(sdp), {
      iceServers: [],
      signal: new AbortController().signal,
    });
    opened.push(source, viewer, negotiated.peer);
    const { peer, answer } = negotiated;
    expect(/a=rtpmap:\d+ rtx/.test(answer)).toBe(rtx);
    const payloadType = Number(/a=rtpmap:(\d+) H264/.exec(answer)![1]);
    const figures = loseVideo(peer, payloadType);
    await viewer.accept(answer);
    await until(() => peer.state === 'connected');
    await source.program.attach(peer);
    await until(() => figures.lost === LOSSES);
    const lastLost = viewer.video.packets.length;
    await until(() => viewer.video.packets.length > lastLost + 60);

    const seen = new Set(viewer.video.packets.map(({ sequenceNumber }) => sequenceNumber));
    const first = viewer.video.packets[0]!.sequenceNumber;
    const upTo = (viewer.video.packets[lastLost]!.sequenceNumber - first) & 0xffff;
    const missing = Array.from({ length: upTo }, (_none, i) => (first + i) & 0xffff).filter(
      (number) => !seen.has(number),
    );
    expect(missing).toEqual([]);
    expect(upTo).toBeGreaterThan(LOSE_EVERY * (LOSSES - 1));
    expect(peer.figures.nack).toBeGreaterThan(0);
  });
});
