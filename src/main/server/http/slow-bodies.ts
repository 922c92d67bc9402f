import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SLOW_BODY } from './limits';

export interface SlowBodyBounds {
  windowMs: number;
  minBytesPerS: number;
}

/**
 * Cuts off bodies that trickle (slow POST: a byte now and then holds a socket, an upload place and its memory for as long as
 * the whole request may take). A pause of one window is forgiven; a body that this side is slow to read is not the client's fault.
 */
export function cutSlowBodies(app: FastifyInstance, bounds: SlowBodyBounds = SLOW_BODY): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    if (!request.raw.complete && request.raw.socket?.bytesRead !== undefined) watch(request, reply, bounds);
    return payload;
  });
}

function watch({ raw }: FastifyRequest, reply: FastifyReply, { windowMs, minBytesPerS }: SlowBodyBounds): void {
  const { socket } = raw;
  let before = socket.bytesRead;
  let slowWindows = 0;
  const timer = setInterval(() => {
    if (raw.complete || raw.destroyed) return clearInterval(timer);
    const bytes = socket.bytesRead - before;
    before = socket.bytesRead;
    const behind = raw.readableLength > 0;
    slowWindows = behind || bytes >= (minBytesPerS * windowMs) / 1_000 ? 0 : slowWindows + 1;
    if (slowWindows < 2) return;
    clearInterval(timer);
    // Whoever reads the body ends with it; the reply goes first where none has been begun.
    if (reply.sent) raw.destroy();
    else {
      reply.raw.once('finish', () => raw.destroy());
      const msg = `the body came slower than ${minBytesPerS} bytes/s: send it again over a better connection`;
      void reply.code(408).header('connection', 'close').send({ code: -1, msg });
    }
  }, windowMs).unref();
  reply.raw.once('close', () => clearInterval(timer));
}
