import type { Mouth, MouthPatch, MouthRequest } from '../mouth/mouth';
import type { Holds } from './holds';

const MAX_TRIES = 5;
const PAUSE_MS = 200;

/**
 * A mouth that is waited for: time stands while it works, and a picture whose mouth was lost with the inference process is
 * asked for again. A clip has all its mouths or is not made.
 */
export class PatientMouth implements Mouth {
  constructor(
    private readonly mouth: Mouth,
    private readonly holds: Holds,
    private readonly onFault: (error: Error) => void,
  ) {}

  get windowStartMs(): number {
    return this.mouth.windowStartMs;
  }

  async infer(request: MouthRequest, signal: AbortSignal): Promise<MouthPatch | undefined> {
    const release = this.holds.hold();
    try {
      for (let tries = 1; ; tries++) {
        const patch = await this.mouth.infer(request, signal);
        if (patch || signal.aborted) return patch;
        const { state, lastError = 'it gave no reason' } = this.mouth.status();
        if (state === 'failed' || tries === MAX_TRIES) {
          this.onFault(new Error(`the lips cannot be drawn: ${lastError}`));
          return undefined;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tries));
      }
    } finally {
      release();
    }
  }

  /** Ahead of time means nothing where time waits. */
  prepare(): void {}

  status() {
    return this.mouth.status();
  }

  ready(): Promise<void> {
    return this.mouth.ready();
  }

  close(): Promise<void> {
    return this.mouth.close();
  }
}
