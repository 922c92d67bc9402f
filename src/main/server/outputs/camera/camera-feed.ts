import type { ChildProcess } from 'node:child_process';
import type { I420Picture } from '../../avatar/avatar';
import { forkEntry, untilEnded } from '../../child';
import { Watchdog } from '../../watchdog';
import type { CameraTarget, FromCamera, ToCamera } from './messages';

export interface FeedHooks {
  onOpened(): void;
  onWritten(): void;
  /** A newer picture came while this one waited. */
  onDropped(): void;
  /** Once, at most: nothing will be written any more. `code` is FFmpeg's, 0 where `message` says it all. */
  onLost(code: number, message: string): void;
}

export interface FeedLimits {
  /** From its start to a camera that is open; the process must be started first. */
  openMs: number;
  /** A camera that takes no picture for so long is stuck. */
  stuckMs: number;
  closeMs: number;
}

export const FEED_LIMITS: FeedLimits = { openMs: 10_000, stuckMs: 5_000, closeMs: 500 };

interface Waiting {
  picture: I420Picture;
  release: () => void;
}

/**
 * The server's side of camera-process.ts, for one opening of one camera. Two pictures at most: one is being written, and the
 * newest of those that came meanwhile waits.
 */
export class CameraFeed {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private state: 'opening' | 'open' | 'over' = 'opening';
  private writing = false;
  private waiting: Waiting | undefined;
  private readonly watchdog = new Watchdog();
  private closing: Promise<void> | undefined;

  constructor(
    target: CameraTarget,
    private readonly hooks: FeedHooks,
    private readonly limits: FeedLimits,
  ) {
    this.child = forkEntry('camera', 'camera-process', { serialization: 'advanced' });
    this.child.on('message', (message: FromCamera) => this.hear(message));
    this.ended = untilEnded(this.child).then((end) => this.lose(0, `the process that writes into it ended (${end})`));
    this.watch(limits.openMs, `it did not open within ${limits.openMs / 1_000} s`);
    this.post({ type: 'open', ...target });
  }

  /** `release` is called once the bytes are not needed any more, at once where nothing is open. */
  picture(picture: I420Picture, release: () => void): void {
    if (this.state !== 'open') {
      release();
    } else if (this.writing) {
      if (this.waiting) this.hooks.onDropped();
      this.waiting?.release();
      this.waiting = { picture, release };
    } else {
      this.write({ picture, release });
    }
  }

  /** Resolves once the process is gone. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      const wasOpen = this.state === 'open';
      this.end();
      if (wasOpen) this.post({ type: 'close' });
      const late = setTimeout(() => this.child.kill('SIGKILL'), wasOpen ? this.limits.closeMs : 0);
      await this.ended;
      clearTimeout(late);
    })();
    return this.closing;
  }

  private hear(message: FromCamera): void {
    if (this.state === 'over') return;
    this.watchdog.stop();
    switch (message.type) {
      case 'opened':
        this.state = 'open';
        this.hooks.onOpened();
        return;
      case 'written': {
        this.writing = false;
        const next = this.waiting;
        this.waiting = undefined;
        this.hooks.onWritten();
        if (next) this.picture(next.picture, next.release);
        return;
      }
      case 'lost':
        this.lose(message.code, '');
    }
  }

  private write({ picture, release }: Waiting): void {
    this.writing = true;
    this.watch(this.limits.stuckMs, `it has taken no picture for ${this.limits.stuckMs / 1_000} s`);
    // Copied into the message before this returns.
    this.post({ type: 'picture', data: picture.data });
    release();
  }

  private watch(limitMs: number, message: string): void {
    this.watchdog.arm(limitMs, () => {
      this.child.kill('SIGKILL');
      this.lose(0, message);
    });
  }

  private lose(code: number, message: string): void {
    if (this.state === 'over') return;
    this.end();
    this.hooks.onLost(code, message);
  }

  private end(): void {
    this.state = 'over';
    this.watchdog.stop();
    this.waiting?.release();
    this.waiting = undefined;
  }

  /** A process that has just ended says so by its `exit`. */
  private post(message: ToCamera): void {
    if (this.child.connected) this.child.send(message, () => {});
  }
}
