import type { FastifyInstance } from 'fastify';

/**
 * Beside what page.ts sends with every reply. No Strict-Transport-Security: for `localhost` it would hold for every program on
 * every port of the machine, and a certificate of one's own making could not be clicked away; a proxy with a real name sends it.
 */
const HEADERS = {
  // A window that the page opens, or that opened it, gets no handle on it (and so no way to read its address with the token).
  'cross-origin-opener-policy': 'same-origin',
  // Pages of other origins may show recordings in a <video>: that is what the API is for, and the guard decides about it.
  'cross-origin-resource-policy': 'cross-origin',
  'permissions-policy': 'camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), serial=(), midi=()',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
};

export function sendMoreSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => void reply.headers(HEADERS));
  // W3C Server Timing: what a request cost here, without the way to the caller, and whether it came as far as its handler.
  app.addHook('preHandler', async (request, reply) => {
    if (!request.is404) reply.header('server-timing', 'handler, ');
  });
  app.addHook('onSend', async (_request, reply, payload) => {
    const reached = reply.getHeader('server-timing') ?? '';
    reply.header('server-timing', `${reached}total;dur=${reply.elapsedTime.toFixed(1)}`);
    return payload;
  });
}
