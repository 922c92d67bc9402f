import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '../log';
import { FakeSession } from './fake-sessions';
import { EventStreams } from './sse';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function fakeReply() {
  let text = '';
  const raw = Object.assign(new EventEmitter(), {
    destroyed: false,
    writableEnded: false,
    writableLength: 0,
    writeHead: () => {},
    write: (part: string) => (text += part),
    end: () => void (raw.writableEnded = true),
    destroy: () => void (raw.destroyed = true),
  });
  const reply = { raw, hijack: () => {}, getHeaders: () => ({}) } as unknown as FastifyReply;
  return { raw, reply, text: () => text };
}

it('beats while the session is silent, and stops with the client', () => {
  const streams = new EventStreams(createLogger('silent'), 1_000);
  const session = new FakeSession(1);
  const { raw, reply, text } = fakeReply();
  streams.start(reply, session);
  const before = text();
  vi.advanceTimersByTime(3_500);
  expect(text().slice(before.length)).toBe(': \n\n'.repeat(3));
  raw.emit('close');
  vi.advanceTimersByTime(5_000);
  expect(text().length).toBe(before.length + 12);
  expect([streams.count, session.listeners.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
});

it('bounds how many there are', () => {
  const streams = new EventStreams(createLogger('silent'));
  const session = new FakeSession(1);
  for (let i = 0; i < 256; i++) streams.start(fakeReply().reply, session);
  expect(() => streams.start(fakeReply().reply, session)).toThrow('256 event streams');
  streams.closeAll();
  expect([streams.count, session.listeners.size]).toEqual([0, 0]);
});
