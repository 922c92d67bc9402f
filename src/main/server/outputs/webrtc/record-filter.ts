import type { RTCDtlsTransport } from 'werift';

const RECORD_HEADER_BYTES = 13;
const ALERT = 21;
const HANDSHAKE = 22;
const FIRST_TYPE = 20;
const LAST_TYPE = 23;
/** ClientHello, ServerHello, HelloVerifyRequest: what begins a handshake. */
const BEGINNINGS = new Set([1, 2, 3]);

/** What the filter has to know about the connection that a datagram claims to be of. */
export interface RecordContext {
  /** The handshake is through. */
  connected: boolean;
  /** Decrypts one record of this connection. @throws when it is not authentic */
  authenticate(record: Buffer): void;
}

/**
 * Whether a datagram of DTLS may be shown to the library. RFC 6347 section 4.1.2.7 has invalid records dropped in silence; werift
 * 0.24.4 instead closes the connection on a record of unknown type and on any alert that looks like plain text, and begins anew
 * on a ClientHello, so that one forged datagram from anywhere would end a session. Real alerts are encrypted from the moment
 * there are keys; one that comes before (a handshake that failed) is also told by time.
 */
export function isPlausible(datagram: Buffer, context: RecordContext): boolean {
  let at = 0;
  while (at < datagram.length) {
    if (datagram.length - at < RECORD_HEADER_BYTES) return false;
    const type = datagram[at]!;
    const version = datagram.readUInt16BE(at + 1);
    const epoch = datagram.readUInt16BE(at + 3);
    const end = at + RECORD_HEADER_BYTES + datagram.readUInt16BE(at + 11);
    if (type < FIRST_TYPE || type > LAST_TYPE || end > datagram.length) return false;
    // DTLS 1.0 stands on the first records of some clients, 1.2 on all others.
    if (version !== 0xfefd && version !== 0xfeff) return false;
    if (type === ALERT && (epoch === 0 || !isAuthentic(datagram.subarray(at, end), context))) return false;
    if (type === HANDSHAKE && epoch === 0 && context.connected) {
      if (BEGINNINGS.has(datagram[at + RECORD_HEADER_BYTES] ?? 0)) return false;
    }
    at = end;
  }
  return true;
}

function isAuthentic(record: Buffer, { authenticate }: RecordContext): boolean {
  try {
    authenticate(record);
    return true;
  } catch {
    return false;
  }
}

/** STUN, DTLS and media share a port; the first byte tells them apart (RFC 7983). */
const isDtls = (datagram: Buffer) => datagram.length > 0 && datagram[0]! > 19 && datagram[0]! < 64;

/** Puts the filter before everything that reads from this transport. Call once, before it connects. */
export function dropForgedRecords(transport: RTCDtlsTransport): void {
  const { onData } = transport.iceTransport.connection;
  const pass = onData.execute;
  const context: RecordContext = {
    get connected() {
      return transport.state === 'connected';
    },
    authenticate: (record) => {
      if (!transport.dtls) throw new Error('there are no keys yet');
      transport.dtls.cipher.decryptPacket({
        recordLayerHeader: {
          contentType: record[0]!,
          protocolVersion: { major: record[1]!, minor: record[2]! },
          epoch: record.readUInt16BE(3),
          sequenceNumber: record.readUIntBE(5, 6),
          contentLen: record.readUInt16BE(11),
        },
        fragment: record.subarray(RECORD_HEADER_BYTES),
      } as Parameters<typeof transport.dtls.cipher.decryptPacket>[0]);
    },
  };
  onData.execute = (datagram) => {
    if (!isDtls(datagram) || isPlausible(datagram, context)) pass(datagram);
  };
}
