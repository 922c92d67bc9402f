import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { classifyAddress, limitKey } from './address';
import { CONNECTIONS } from './limits';

const BODY = JSON.stringify({ code: -1, msg: 'too many connections are open: close some, or try again in a moment' });
const REPLY =
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\nRetry-After: 3\r\n' +
  `Access-Control-Allow-Origin: *\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\nConnection: close\r\n\r\n${BODY}`;

export type ConnectionBounds = { [name in keyof typeof CONNECTIONS]: number };

export interface ConnectionLimitOptions {
  /** A proxy on this machine or LAN brings everyone's connections: they are not one caller's. */
  trustProxy: boolean;
  bounds?: ConnectionBounds;
}

/**
 * Bounds the open sockets of each address and of all, before a byte of a request is read or a TLS handshake begins. IPv6 counts
 * by its /64. @returns what is open now, by address.
 */
export function limitConnections(
  server: Server,
  { trustProxy, bounds = CONNECTIONS }: ConnectionLimitOptions,
): { total: () => number; refused: () => number } {
  const open = new Map<string, number>();
  let total = 0;
  let fromOutside = 0;
  let refused = 0;

  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    const addressClass = classifyAddress(remoteAddress);
    const local = addressClass === 'loopback';
    const key = limitKey(remoteAddress ?? '');
    const ofAddress = open.get(key) ?? 0;
    const unboundAddress = local || (trustProxy && addressClass === 'private');
    const full =
      total >= bounds.total ||
      (!local && fromOutside >= bounds.fromOutside) ||
      (!unboundAddress && ofAddress >= bounds.perAddress);
    if (full) {
      refused++;
      refuse(server, socket);
      return;
    }
    total++;
    if (!local) fromOutside++;
    open.set(key, ofAddress + 1);
    socket.once('close', () => {
      total--;
      if (!local) fromOutside--;
      const left = open.get(key)! - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
  });
  return { total: () => total, refused: () => refused };
}

/** A word before the end, where it can be said: under TLS nothing can be, before the handshake. */
function refuse(server: Server, socket: Socket): void {
  socket.on('error', () => {});
  if ('setSecureContext' in server) socket.destroy();
  else {
    socket.write(REPLY);
    socket.destroySoon();
  }
}
