import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watchdog } from './watchdog';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('calls once, when the last deadline is over', () => {
  const dog = new Watchdog();
  const [first, second] = [vi.fn(), vi.fn()];
  dog.arm(100, first);
  vi.advanceTimersByTime(99);
  dog.arm(100, second);
  vi.advanceTimersByTime(99);
  expect([first.mock.calls.length, second.mock.calls.length, dog.armed]).toEqual([0, 0, true]);
  vi.advanceTimersByTime(1_000);
  expect([first.mock.calls.length, second.mock.calls.length, dog.armed]).toEqual([0, 1, false]);
});

it('is silent once it was stopped', () => {
  const dog = new Watchdog();
  const late = vi.fn();
  dog.arm(100, late);
  dog.stop();
  vi.advanceTimersByTime(1_000);
  expect([late.mock.calls.length, dog.armed]).toEqual([0, false]);
});
