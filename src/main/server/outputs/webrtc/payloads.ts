/** RTP payload of one packet, and whether it is the last one of its picture (the marker bit). */
export interface Payload {
  data: Buffer;
  marker: boolean;
}

/** Payload bytes per packet: an Ethernet MTU less IP, UDP, SRTP and header extensions, with room for tunnels. */
export const MAX_PAYLOAD_BYTES = 1_150;
const NAL_TYPE_MASK = 0x1f;
const NAL_AUD = 9;
const FU_A = 28;

/**
 * H.264 access unit (Annex B) -> RTP payloads, RFC 6184 packetization-mode 1: whole NAL units where they fit, FU-A fragments
 * otherwise. Parameter sets go in front of every keyframe, so a viewer can join at any of them.
 */
export function h264Payloads(accessUnit: Uint8Array, parameterSets: Uint8Array | undefined): Payload[] {
  const units = [...(parameterSets ? splitAnnexB(parameterSets) : []), ...splitAnnexB(accessUnit)].filter(
    (unit) => unit.length > 0 && (unit[0]! & NAL_TYPE_MASK) !== NAL_AUD,
  );
  const payloads: Payload[] = [];
  for (const unit of units) {
    if (unit.length <= MAX_PAYLOAD_BYTES) payloads.push({ data: unit, marker: false });
    else payloads.push(...fragment(unit));
  }
  const last = payloads.at(-1);
  if (last) last.marker = true;
  return payloads;
}

function fragment(unit: Buffer): Payload[] {
  const indicator = (unit[0]! & 0xe0) | FU_A;
  const type = unit[0]! & NAL_TYPE_MASK;
  const step = MAX_PAYLOAD_BYTES - 2;
  const payloads: Payload[] = [];
  for (let offset = 1; offset < unit.length; offset += step) {
    const end = Math.min(offset + step, unit.length);
    const header = (offset === 1 ? 0x80 : 0) | (end === unit.length ? 0x40 : 0) | type;
    payloads.push({ data: Buffer.concat([Buffer.of(indicator, header), unit.subarray(offset, end)]), marker: false });
  }
  return payloads;
}

/** Splits an Annex B byte stream at its 3- and 4-byte start codes. */
export function splitAnnexB(bytes: Uint8Array): Buffer[] {
  const stream = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const units: Buffer[] = [];
  let start = -1;
  for (let at = 0; (at = stream.indexOf('\0\0\x01', at, 'latin1')) !== -1; ) {
    if (start >= 0) units.push(stream.subarray(start, stream[at - 1] === 0 ? at - 1 : at));
    start = at += 3;
  }
  if (start >= 0) units.push(stream.subarray(start));
  return units;
}

/** VP8 picture -> RTP payloads, RFC 7741 with a 15-bit picture id. */
export function vp8Payloads(picture: Uint8Array, pictureId: number): Payload[] {
  const step = MAX_PAYLOAD_BYTES - 4;
  const payloads: Payload[] = [];
  for (let offset = 0; offset < picture.length; offset += step) {
    const end = Math.min(offset + step, picture.length);
    const startOfPartition = offset === 0 ? 0x10 : 0;
    const header = Buffer.of(0x80 | startOfPartition, 0x80, 0x80 | ((pictureId >> 8) & 0x7f), pictureId & 0xff);
    payloads.push({ data: Buffer.concat([header, picture.subarray(offset, end)]), marker: end === picture.length });
  }
  return payloads;
}
