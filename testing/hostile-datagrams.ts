import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';

const MAGIC_COOKIE = 0x2112_a442;

/** A STUN message (RFC 8489, 5) whose length field may lie. */
function stun(type: number, attributes: Buffer, claimedLength = attributes.length): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(claimedLength & 0xffff, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  randomBytes(12).copy(header, 8);
  return Buffer.concat([header, attributes]);
}

function attribute(type: number, value: Buffer, claimedLength = value.length): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(claimedLength & 0xffff, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** A DTLS record (RFC 6347, 4.1) of this content type, around anything. */
function dtls(contentType: number, body: Buffer, claimedLength = body.length): Buffer {
  const head = Buffer.from([contentType, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, randomInt(256), 0, 0]);
  head.writeUInt16BE(claimedLength & 0xffff, 11);
  return Buffer.concat([head, body]);
}

/** RTP or RTCP (RFC 3550) by its second byte; nobody here has the keys, so none of it can be authentic. */
const rtp = (second: number, body: Buffer) => Buffer.concat([Buffer.from([0x80 | randomInt(64), second]), body]);

/** What a stranger may send to a session's port, by what it is meant to upset. */
export const HOSTILE: Readonly<Record<string, () => Buffer>> = {
  empty: () => Buffer.alloc(0),
  'one byte': () => Buffer.from([randomInt(256)]),
  noise: () => randomBytes(randomInt(1, 1_400)),
  'STUN: header only, length of 65,532': () => stun(0x0001, Buffer.alloc(0), 0xfffc),
  'STUN: half a header': () => stun(0x0001, Buffer.alloc(0)).subarray(0, 11),
  'STUN: attribute longer than the message': () => stun(0x0001, attribute(0x0006, Buffer.from('x'), 0xfff0)),
  'STUN: 200 attributes': () =>
    stun(0x0001, Buffer.concat(Array.from({ length: 200 }, () => attribute(0x8022, randomBytes(2))))),
  'STUN: wrong user and integrity': () =>
    stun(0x0001, Buffer.concat([attribute(0x0006, Buffer.from('nobody:here')), attribute(0x0008, randomBytes(20))])),
  'STUN: USE-CANDIDATE from a stranger': () => stun(0x0001, attribute(0x0025, Buffer.alloc(0))),
  'STUN: answers to nothing': () => stun(0x0101, attribute(0x0020, randomBytes(8))),
  'STUN: mapped address of an unknown family': () => stun(0x0101, attribute(0x0020, Buffer.from([0, 9, 0, 0, 1]))),
  'DTLS: hello of noise': () => dtls(22, Buffer.concat([Buffer.from([1, 0, 0xff, 0xff, 0, 0]), randomBytes(60)])),
  'DTLS: handshake that claims 16 MB': () => dtls(22, Buffer.from([11, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0])),
  'DTLS: record longer than the datagram': () => dtls(22, randomBytes(20), 0xffff),
  'DTLS: fatal alert': () => dtls(21, Buffer.from([2, 40])),
  'DTLS: close_notify': () => dtls(21, Buffer.from([1, 0])),
  'DTLS: data before keys': () => dtls(23, randomBytes(100)),
  'DTLS: change of cipher': () => dtls(20, Buffer.from([1])),
  'RTP: header cut off': () => rtp(96, randomBytes(3)),
  'RTP: 15 sources and an extension that are not there': () =>
    Buffer.concat([Buffer.from([0x9f, 96]), randomBytes(10)]),
  'RTP: noise': () => rtp(96, randomBytes(randomInt(10, 1_200))),
  'RTCP: BYE for everyone': () => Buffer.concat([Buffer.from([0x9f, 203, 0, 31]), randomBytes(124)]),
  'RTCP: length of 65,535 words': () => Buffer.concat([Buffer.from([0x81, 201, 0xff, 0xff]), randomBytes(28)]),
  'RTCP: PLI without end': () => Buffer.concat([Buffer.from([0x81, 206, 0, 2]), randomBytes(8)]),
};

/** Where a session listens: the UDP candidates of its answer that this machine reaches. */
export function portsOf(answer: string): { address: string; port: number }[] {
  const lines = answer.matchAll(/^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/gim);
  return [...lines].map(([, address, port]) => ({ address: address!, port: Number(port) }));
}

/** Sends `count` hostile datagrams to each port, of every kind in turn. @returns how many left this machine */
export async function flood(ports: readonly { address: string; port: number }[], count: number): Promise<number> {
  const socket = createSocket('udp4');
  const kinds = Object.values(HOSTILE);
  let sent = 0;
  try {
    for (let i = 0; i < count; i++) {
      const datagram = kinds[i % kinds.length]!();
      await Promise.all(
        ports.map(
          ({ address, port }) =>
            new Promise<void>((resolve) => {
              socket.send(datagram, port, address, (error) => {
                if (!error) sent++;
                resolve();
              });
            }),
        ),
      );
      // Faster, and the kernel of the other side would drop it before the session sees it.
      if (i % 100 === 99) await sleep(2);
    }
  } finally {
    socket.close();
  }
  return sent;
}
