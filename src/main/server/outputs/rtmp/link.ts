import type { ChildProcess } from 'node:child_process';
import { forkEntry, untilEnded } from '../../child';
import { Watchdog } from '../../watchdog';
import { whyLost } from './faults';
import type { FlvFormat, FlvPacket, FromRtmp, ToRtmp } from './messages';

export interface LinkHooks {
  onConnected(): void;
  /** So many packets have left. */
  onWritten(packets: number): void;
  /** No connection came about, or it is gone; once for each `connect`. `reason` is for people and holds no secret. */
  onLost(reason: string): void;
}

export interface LinkLimits {
  /** From `connect` to a stream that is published; a process that must be started first included. */
  connectMs: number;
  /** A far end that takes nothing for so long is gone. */
  stuckMs: number;
  /** For the goodbye. */
  closeMs: number;
}

const LIMITS: LinkLimits = { connectMs: 10_000, stuckMs: 5_000, closeMs: 1_500 };

/**
 * The server's side of rtmp-process.ts: one connection at a time, each of its steps with a deadline after which the process is
 * killed and another one started when it is needed.
 */
export class RtmpLink {
  private child: ChildProcess | undefined;
  /** Processes that are alive, killed ones included. */
  private readonly alive = new Set<Promise<void>>();
  private state: 'none' | 'connecting' | 'connected' = 'none';
  private onTheWay = 0;
  private readonly watchdog = new Watchdog();
  private closing: Promise<void> | undefined;

  constructor(
    private readonly hooks: LinkHooks,
    private readonly limits: LinkLimits = LIMITS,
  ) {}

  connect(url: string, format: FlvFormat): void {
    if (this.closing) return;
    this.state = 'connecting';
    this.onTheWay = 0;
    const s = this.limits.connectMs / 1_000;
    this.watch(
      this.limits.connectMs,
      `no connection within ${s} s: is the address right, and does a firewall let it through?`,
    );
    this.post(this.process(), { type: 'connect', url, format });
  }

  send(packet: FlvPacket): void {
    if (this.state !== 'connected' || !this.child) return;
    if (this.onTheWay++ === 0) this.watchWriting();
    this.post(this.child, { type: 'packet', ...packet });
  }

  /** Says goodbye where there is somebody to say it to. Resolves once the process is gone. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      const { child, state } = this;
      this.state = 'none';
      this.watchdog.stop();
      if (child && state === 'connected') this.post(child, { type: 'close' });
      const late = setTimeout(() => child?.kill('SIGKILL'), state === 'connected' ? this.limits.closeMs : 0);
      await Promise.all(this.alive);
      clearTimeout(late);
    })();
    return this.closing;
  }

  private process(): ChildProcess {
    if (this.child) return this.child;
    const child = forkEntry('rtmp', 'rtmp-process', { serialization: 'advanced' });
    this.child = child;
    child.on('message', (message: FromRtmp) => {
      if (this.child === child) this.hear(message);
    });
    const ended = untilEnded(child).then((end) => {
      this.alive.delete(ended);
      if (this.child !== child) return;
      this.child = undefined;
      this.lose(`the process that holds the connection ended (${end})`);
    });
    this.alive.add(ended);
    return child;
  }

  private hear(message: FromRtmp): void {
    switch (message.type) {
      case 'connected':
        if (this.state !== 'connecting') return;
        this.state = 'connected';
        this.watchdog.stop();
        this.hooks.onConnected();
        return;
      case 'written':
        if (this.state !== 'connected') return;
        this.onTheWay -= message.packets;
        this.watchdog.stop();
        if (this.onTheWay > 0) this.watchWriting();
        this.hooks.onWritten(message.packets);
        return;
      case 'lost':
        this.lose(whyLost(message, { connecting: this.state === 'connecting' }));
    }
  }

  private watchWriting(): void {
    this.watch(this.limits.stuckMs, `the far end has taken nothing for ${this.limits.stuckMs / 1_000} s`);
  }

  private watch(limitMs: number, reason: string): void {
    this.watchdog.arm(limitMs, () => {
      const stuck = this.child;
      this.child = undefined;
      stuck?.kill('SIGKILL');
      this.lose(reason);
    });
  }

  private lose(reason: string): void {
    if (this.state === 'none') return;
    this.state = 'none';
    this.watchdog.stop();
    this.hooks.onLost(reason);
  }

  /** A process that has just ended says so by its `exit`. */
  private post(child: ChildProcess, message: ToRtmp): void {
    if (child.connected) child.send(message, () => {});
  }
}
