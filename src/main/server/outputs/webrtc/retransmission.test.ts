import { describe, expect, it } from 'vitest';
import { GenericNack, type RTCPeerConnection, RtcpTransportLayerFeedback } from 'werift';
import { closedAfterEach, until } from '../../../../../testing/opened';
import { ProgramSource } from '../../../../../testing/program-source';
import { RtpViewer } from '../../../../../testing/viewer';
import { normaliseOffer } from './offer';
import { Peer } from './peer';

/** Every fiftieth packet is lost on its way: 2 %. */
const LOSE_EVERY = 50;
const LOSSES = 12;

const opened = closedAfterEach();

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

/** A connected viewer that reports on every packet, and a program that fills its rate. */
async function watched() {
  const picture = { widthPx: 256, heightPx: 256, noisy: true, bitrateBps: 2_000_000 };
  const source = await ProgramSource.open('h264', picture);
  const { viewer, sdp } = await RtpViewer.offer('H264', { rtx: true, transportWide: true });
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

it('does not fill a full network with what is asked for again and again', async () => {
  const { peer, viewer } = await watched();
  await until(() => viewer.video.packets.length > 100);
  const lost = viewer.video.packets.slice(-60).map(({ sequenceNumber }) => sequenceNumber);
  const { receiver } = viewer.pc.getTransceivers().find(({ kind }) => kind === 'video')!;
  const before = peer.figures.sentAgain!;
  for (let i = 0; i < 20; i++) {
    const feedback = new GenericNack({ senderSsrc: 1, mediaSourceSsrc: viewer.video.ssrc, lost });
    await receiver.dtlsTransport.sendRtcp([new RtcpTransportLayerFeedback({ feedback })]);
  }
  await until(() => peer.figures.notSentAgain! > 0 && peer.figures.nack >= 20);
  // Twenty times sixty were asked for: each went once, or twice where the asking took longer than a round trip.
  expect(peer.figures.sentAgain! - before).toBeGreaterThan(0);
  expect(peer.figures.sentAgain! - before).toBeLessThanOrEqual(180);
});

it('numbers what it sends again anew, so that a second try does not read as a slow first one', async () => {
  const { peer, answer } = await watched();
  // werift's offer names it differently for sound and for pictures.
  const extensions = [...answer.matchAll(/a=extmap:(\d+) \S*transport-wide-cc/g)].map(([, id]) => Number(id));
  const { connection } = peer as unknown as { connection: RTCPeerConnection };
  const wire = connection.iceTransports[0]!.connection;
  const send = wire.send.bind(wire);
  const numbers: number[] = [];
  const types = new Map<number, number>();
  let sent = 0;
  wire.send = async (data: Buffer) => {
    // RTCP shares the wire (RFC 5761), and DTLS and STUN do.
    const rtp = (data[0]! & 0xc0) === 0x80 && !(data[1]! >= 192 && data[1]! <= 223);
    if (!rtp) return send(data);
    numbers.push(wideNumber(data, extensions)!);
    const type = data[1]! & 0x7f;
    types.set(type, (types.get(type) ?? 0) + 1);
    // Every thirtieth packet is lost.
    if (++sent % 30 !== 0) await send(data);
  };
  await until(() => peer.figures.sentAgain! > 5);
  expect(types.size).toBe(3); // sound, pictures and what repairs them
  expect(numbers.slice(1).map((number, i) => (number - numbers[i]!) & 0xffff)).toEqual(numbers.slice(1).map(() => 1));
  await until(() => peer.figures.lossFraction! > 0);
  expect(peer.figures.targetBps).toBeGreaterThan(2_000_000);
  expect(peer.figures.onLive).toBe(0);
});

/** RFC 8285 one-byte extensions are in the clear under SRTP. */
function wideNumber(data: Buffer, ids: readonly number[]): number | undefined {
  const start = 12 + (data[0]! & 0x0f) * 4;
  if ((data[0]! & 0x10) === 0 || data.readUInt16BE(start) !== 0xbede) return undefined;
  const end = start + 4 + data.readUInt16BE(start + 2) * 4;
  for (let at = start + 4; at < end; ) {
    const length = (data[at]! & 0x0f) + 1;
    if (ids.includes(data[at]! >> 4)) return data.readUInt16BE(at + 1);
    at += data[at] === 0 ? 1 : 1 + length;
  }
  return undefined;
}
