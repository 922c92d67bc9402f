import { gunzipSync } from 'node:zlib';
import { bodyMessage } from './http-faults';

/**
 * The binary messages of openspeech.bytedance.com (v1, ws_binary). Four bytes of header, all numbers big-endian:
 * version and header size in words | message type and its flags | serialisation and compression | reserved.
 */
export type DoubaoFrame =
  | { kind: 'sound'; bytes: Buffer; last: boolean }
  | { kind: 'refusal'; code: number; message: string }
  /** An acknowledgement, or what later versions may add. */
  | { kind: 'other' }
  | { kind: 'damaged' };

const VERSION_1_HEADER_1_WORD = 0x11;
const FULL_CLIENT_REQUEST = 0x10;
const JSON_UNCOMPRESSED = 0x10;
const SOUND = 0xb;
const REFUSAL = 0xf;
const GZIP = 1;
const MAX_WORDS_BYTES = 64 << 10;

export function requestFrame(request: object): Buffer {
  const payload = Buffer.from(JSON.stringify(request));
  const head = Buffer.from([VERSION_1_HEADER_1_WORD, FULL_CLIENT_REQUEST, JSON_UNCOMPRESSED, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
}

export function readFrame(message: Buffer): DoubaoFrame {
  if (message.length < 4 || message[0]! >> 4 !== 1) return { kind: 'damaged' };
  const body = message.subarray((message[0]! & 0xf) * 4);
  const type = message[1]! >> 4;
  const flags = message[1]! & 0xf;
  if (type === REFUSAL) return refusal(body, (message[2]! & 0xf) === GZIP);
  if (type !== SOUND || flags === 0) return { kind: 'other' };
  // A sequence number, negative in the last message, and the size of what follows.
  if (body.length < 8) return { kind: 'damaged' };
  const bytes = body.subarray(8);
  if (bytes.length !== body.readUInt32BE(4)) return { kind: 'damaged' };
  return { kind: 'sound', bytes, last: body.readInt32BE(0) < 0 };
}

function refusal(body: Buffer, zipped: boolean): DoubaoFrame {
  if (body.length < 8) return { kind: 'damaged' };
  let words = body.subarray(8);
  try {
    if (zipped) words = gunzipSync(words, { maxOutputLength: MAX_WORDS_BYTES });
  } catch {
    words = Buffer.alloc(0);
  }
  return {
    kind: 'refusal',
    code: body.readUInt32BE(0),
    message: bodyMessage(words.toString('utf8', 0, MAX_WORDS_BYTES)),
  };
}
