import { HeraldError } from '../errors';
import type { Output } from '../outputs/output';
import type { Program } from './program';

const PROGRAM_WITHIN_MS = 5_000;

/** The outputs that came to a session's program while it runs; all of them are closed with it. */
export class AttachedOutputs {
  private readonly detachers = new Set<() => Promise<void>>();
  private opened: (program: Program) => void = () => {};
  private neverOpens: (error: HeraldError) => void = () => {};
  private readonly program = new Promise<Program>((resolve, reject) => {
    this.opened = resolve;
    this.neverOpens = reject;
  });
  private closed = false;

  /** @param programWithinMs how long an output waits for the program to open */
  constructor(private readonly programWithinMs = PROGRAM_WITHIN_MS) {
    this.program.catch(() => {}); // there may be nobody who waits for it
  }

  setProgram(program: Program): void {
    this.opened(program);
  }

  /**
   * Starts the output and sends it everything from now on, a keyframe soon among it.
   * @returns takes the output off the program and closes it; called by itself when the session ends
   * @throws HeraldError 'refused' when there is no program, or what `output.start` throws; the output is the caller's to close then
   */
  async attach(output: Output): Promise<() => Promise<void>> {
    const program = await this.whenOpen();
    await program.attach(output);
    if (this.closed) {
      program.detach(output);
      throw sessionIsClosed();
    }
    let detached: Promise<void> | undefined;
    const detach = () => {
      detached ??= (async () => {
        this.detachers.delete(detach);
        program.detach(output);
        await output.close();
      })();
      return detached;
    };
    this.detachers.add(detach);
    return detach;
  }

  /** Never throws. */
  async close(): Promise<void> {
    this.closed = true;
    this.neverOpens(sessionIsClosed());
    await Promise.allSettled([...this.detachers].map((detach) => detach()));
  }

  private async whenOpen(): Promise<Program> {
    if (this.closed) throw sessionIsClosed();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = 'the session has no picture yet: try again once its viewer is connected';
      timer = setTimeout(() => reject(new HeraldError('refused', message)), this.programWithinMs);
    });
    try {
      return await Promise.race([this.program, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const sessionIsClosed = () => new HeraldError('refused', 'The session is closed; connect again');
