import { expect, it, vi } from 'vitest';
import { Draining } from './draining';
import { FakeSessions } from './http/fake-sessions';

const offer = { sdp: 'v=0', studio: false, signal: new AbortController().signal };
const never = new AbortController().signal;

it('refuses new sessions once it began, and serves those that live', async () => {
  const sessions = new FakeSessions();
  const draining = new Draining();
  const gated = draining.gate(sessions);
  expect(await gated.offer(offer)).toMatchObject({ sessionId: 123_456 });
  const living = sessions.add(111_111);
  let over = false;
  const waiting = draining.wait(sessions, 60_000, never).then(() => (over = true));
  expect(draining.on).toBe(true);
  await expect(gated.offer(offer)).rejects.toMatchObject({ kind: 'limit', retryAfterS: 5 });
  await expect(gated.open({ signal: never })).rejects.toMatchObject({ kind: 'limit' });
  expect([sessions.offers.length, sessions.list().length]).toEqual([1, 1]);
  gated.get(111_111)!.say('still served', { interrupt: false });
  expect(living.calls).toHaveLength(1);
  expect([over, gated.list().length]).toEqual([false, 1]);
  await gated.close(111_111);
  await waiting;
  expect(over).toBe(true);
});

it('waits no longer than it may, and not at all for who is impatient', async () => {
  const sessions = new FakeSessions();
  sessions.add(1);
  await new Draining().wait(sessions, 30, never);
  const impatient = new AbortController();
  const waiting = new Draining().wait(sessions, 3_600_000, impatient.signal);
  impatient.abort();
  await waiting;
  expect(sessions.list()).toHaveLength(1);
});

it('ends at once where nobody is', async () => {
  vi.useFakeTimers();
  try {
    await new Draining().wait(new FakeSessions(), 3_600_000, never);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
