import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '../log';
import { classifyAddress } from './address';
import { FakeSession } from './fake-sessions';
import { EventStreams } from './sse';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function fakeReply(from = '127.0.0.1') {
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
  const request = { caller: { address: from, class: classifyAddress(from) } };
  const reply = { raw, request, hijack: () => {}, getHeaders: () => ({}) } as unknown as FastifyReply;
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

it('bounds how many one address has, and gives places back', () => {
  const streams = new EventStreams(createLogger('silent'));
  const session = new FakeSession(1);
  const open = (from: string) => {
    const { reply, raw } = fakeReply(from);
    streams.start(reply, session);
    return raw;
  };
  const kept = Array.from({ length: 32 }, (_, i) => open(`2001:db8:0:1::${i.toString(16)}`));
  expect(() => open('2001:db8:0:1::ffff')).toThrow('32 event streams of this address');
  expect(session.listeners.size).toBe(32);
  open('2001:db8:0:2::1');
  kept[0]!.emit('close');
  kept[0]!.emit('close');
  open('2001:db8:0:1::ffff');
  expect(() => open('2001:db8:0:1::fffe')).toThrow('32 event streams of this address');
  streams.closeAll();
  expect([streams.count, session.listeners.size]).toEqual([0, 0]);
});
