import type { FastifyReply } from 'fastify';
import { HeraldError } from '../errors';

/**
 * Runs work whose signal aborts when the client goes away or the time is up, so that nobody holds a place for a client that
 * left and no request hangs, not even on work that ignores its signal.
 */
export async function whileClientWaits<T>(
  reply: FastifyReply,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const gone = () => {
    if (!reply.raw.writableFinished) controller.abort(new HeraldError('refused', 'the client went away'));
  };
  const late = () =>
    controller.abort(new HeraldError('limit', `no answer within ${limitMs / 1000} s: the server is busy, try again`));
  const timer = setTimeout(late, limitMs);
  reply.raw.once('close', gone);
  const ended = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  // It may have left while its body was read.
  if (reply.raw.destroyed) gone();
  try {
    return await Promise.race([work(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    reply.raw.off('close', gone);
  }
}
