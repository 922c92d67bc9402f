import { expect, it, vi } from 'vitest';
import { ending } from './ending';
import type { Log } from './log';

function made({ close, drainMs = 0 }: { close: () => Promise<void>; drainMs?: number }) {
  const said: string[] = [];
  const say = (text: string) => said.push(text);
  const log = { info: say, warn: say, error: say } as unknown as Log;
  const exit = vi.fn();
  const drain = (_ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const signal = ending({ close, drain }, { drainMs, log, exit, closeDeadlineMs: 20 });
  return { signal, exit, said };
}

it('ends when all is closed, and says nothing of a deadline', async () => {
  const { signal, exit, said } = made({ close: async () => {} });
  signal('SIGTERM');
  await vi.waitFor(() => expect(exit).toHaveBeenCalledOnce());
  expect(said).toEqual(['SIGTERM: closing']);
});

it('ends when closing hangs or fails, and says so', async () => {
  const hangs = made({ close: () => new Promise(() => {}) });
  hangs.signal('SIGTERM');
  await vi.waitFor(() => expect(hangs.exit).toHaveBeenCalledOnce());
  expect(hangs.said).toContain('closing took more than 20 ms: given up');
  const fails = made({ close: () => Promise.reject(new Error('no such socket')) });
  fails.signal('SIGINT');
  await vi.waitFor(() => expect(fails.exit).toHaveBeenCalled());
  expect(fails.said).toContain('closing failed: no such socket');
});

it('lets sessions finish until it is asked a second time', async () => {
  const close = vi.fn(async () => {});
  const { signal, exit } = made({ close, drainMs: 60_000 });
  signal('SIGTERM');
  expect(close).not.toHaveBeenCalled();
  signal('SIGTERM');
  await vi.waitFor(() => expect(exit).toHaveBeenCalled());
  expect(close).toHaveBeenCalledOnce();
});
