import { setTimeout as sleep } from 'node:timers/promises';
import type { Avatar } from '../avatar/avatar';
import type { MouthHost } from './host';
import type { MelWindow, Mouth, MouthPatch, MouthRequest, MouthStatus } from './mouth';

/** Longer than a host's deadline, after which nothing that was asked of it is waited for any more. */
const DRAIN_LIMIT_MS = 2_000;
const DRAIN_POLL_MS = 50;

/**
 * A mouth whose model can change while it speaks. The next model loads in a process of its own beside the one that serves, and
 * takes over between two pictures: nobody sees an idle mouth in between, and when it does not load, nothing has changed.
 */
export class SwitchableMouth implements Mouth {
  private closed = false;
  /** All that are not closed yet. */
  private readonly hosts = new Set<MouthHost>();
  private instead: MouthStatus['instead'];

  constructor(private current: MouthHost) {
    this.hosts.add(current);
  }

  get windowStartMs(): number {
    return this.current.windowStartMs;
  }

  get canAnswer(): boolean {
    return this.current.canAnswer;
  }

  get answerInMs(): number {
    return this.current.answerInMs;
  }

  ready(): Promise<void> {
    return this.current.ready();
  }

  status(): MouthStatus {
    return { ...this.current.status(), ...(this.instead ? { instead: this.instead } : {}) };
  }

  /** Says in the status why the model that was asked for does not serve (yet); `undefined`: it does. */
  standsIn(instead: MouthStatus['instead']): void {
    this.instead = instead;
  }

  /** Whether it is this one that draws mouths now. */
  isServing(host: MouthHost): boolean {
    return host === this.current;
  }

  infer(request: MouthRequest, signal: AbortSignal): Promise<MouthPatch | undefined> {
    return this.current.infer(request, signal);
  }

  coefficients(window: MelWindow, signal: AbortSignal): Promise<Float32Array | undefined> {
    return this.current.coefficients(window, signal);
  }

  prepare(avatar: Avatar, pictureIndex: number): void {
    this.current.prepare(avatar, pictureIndex);
  }

  /**
   * Takes another host into service as soon as it is ready, and ends the one before.
   * @param onServing called when it has been taken, before the one before has ended
   * @throws why it will never be ready; the one before goes on serving
   */
  async change(next: MouthHost, onServing: () => void = () => {}): Promise<void> {
    this.hosts.add(next);
    if (this.closed) await this.retire(next);
    try {
      await next.ready();
    } catch (error) {
      await this.retire(next);
      throw error;
    }
    const before = this.current;
    this.current = next;
    this.instead = undefined;
    onServing();
    for (let waitedMs = 0; before.inFlight > 0 && waitedMs < DRAIN_LIMIT_MS; waitedMs += DRAIN_POLL_MS) {
      await sleep(DRAIN_POLL_MS);
    }
    await this.retire(before);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.hosts].map((host) => this.retire(host)));
  }

  private async retire(host: MouthHost): Promise<void> {
    await host.close();
    this.hosts.delete(host);
  }
}
