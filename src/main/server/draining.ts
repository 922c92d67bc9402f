import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../shared/told';
import { HeraldError } from './errors';
import type { SessionDirectory } from './session/api';

const LOOK_EVERY_MS = 200;
/** By then a load balancer has found another server, or this one has been started again. */
const RETRY_AFTER_S = 5;

/** The way to an end that interrupts nobody: no new sessions, while those that live may finish. */
export class Draining {
  private begun = false;

  get on(): boolean {
    return this.begun;
  }

  /** The same sessions, with new ones refused from `wait` on. */
  gate<T extends SessionDirectory>(sessions: T): T {
    return new Proxy(sessions, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        if ((key !== 'offer' && key !== 'open') || !this.begun) return value.bind(target) as unknown;
        return async () => {
          throw new HeraldError('limit', say('session.serverEnds'), RETRY_AFTER_S);
        };
      },
    });
  }

  /** Resolves when no session is left, the time is up, or `signal` aborts. */
  async wait(sessions: Pick<SessionDirectory, 'list'>, limitMs: number, signal: AbortSignal): Promise<void> {
    this.begun = true;
    const endMs = performance.now() + limitMs;
    while (sessions.list().length > 0 && performance.now() < endMs && !signal.aborted) {
      await sleep(Math.min(LOOK_EVERY_MS, limitMs), undefined, { signal }).catch(() => {});
    }
  }
}
