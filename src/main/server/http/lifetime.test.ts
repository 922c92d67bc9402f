import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { expect, it } from 'vitest';
import { whileClientWaits } from './lifetime';

const replyOf = (state: { writableFinished?: boolean; destroyed?: boolean } = {}) => {
  const raw = Object.assign(new EventEmitter(), { writableFinished: false, destroyed: false }, state);
  return { raw, reply: { raw } as unknown as FastifyReply };
};
const never = () => new Promise<never>(() => {});

it('hands the result on and leaves no listener', async () => {
  const { raw, reply } = replyOf();
  await expect(whileClientWaits(reply, 1_000, async () => 5)).resolves.toBe(5);
  expect(raw.listenerCount('close')).toBe(0);
});

it('gives up work that takes too long, with 503', async () => {
  let signal: AbortSignal | undefined;
  const work = (given: AbortSignal) => {
    signal = given;
    return never();
  };
  await expect(whileClientWaits(replyOf().reply, 20, work)).rejects.toMatchObject({ kind: 'limit' });
  expect(signal!.aborted).toBe(true);
});

it('gives up when the client leaves, or has left already', async () => {
  const { raw, reply } = replyOf();
  const waiting = whileClientWaits(reply, 1_000, never);
  raw.emit('close');
  await expect(waiting).rejects.toThrow('went away');
  await expect(whileClientWaits(replyOf({ destroyed: true }).reply, 1_000, never)).rejects.toThrow('went away');
});
