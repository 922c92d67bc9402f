import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { type EntryName, entry, filesRoot } from './entries';
import { track, trackProcess } from './metrics/native';

export interface ForkOptions {
  /** `advanced` sends typed arrays as bytes, not as JSON. */
  serialization?: 'json' | 'advanced';
  /** Whether what it writes to stderr is to be read (see `LastWords`); otherwise it goes nowhere. */
  stderr?: boolean;
  /** It takes what whoever is on air leaves over. */
  lowPriority?: boolean;
  args?: readonly string[];
  /** An open file that it shares, as its descriptor 4. */
  sharedFd?: number | undefined;
}

/** Behind stdin, stdout, stderr and the messages. */
export const SHARED_FD = 4;

/** Starts one of our programs in a process of its own, counted as alive (`metrics/native.ts`) until it has ended. */
export function forkEntry(
  name: EntryName,
  countedAs: string,
  { serialization, stderr = false, lowPriority = false, args = [], sharedFd }: ForkOptions = {},
): ChildProcess {
  const { file, execArgv } = entry(name);
  const untrack = track(countedAs);
  const child = fork(file, args, {
    cwd: filesRoot, // where `--import tsx` is looked up
    execArgv,
    ...(serialization && { serialization }),
    stdio: ['ignore', 'ignore', stderr ? 'pipe' : 'ignore', 'ipc', ...(sharedFd === undefined ? [] : [sharedFd])],
    // Under Electron process.execPath is Electron itself.
    env: process.versions.electron ? { ...process.env, ELECTRON_RUN_AS_NODE: '1' } : process.env,
  });
  trackProcess(child);
  child.once('exit', untrack);
  child.once('error', untrack);
  if (lowPriority) lowerPriority(child.pid);
  return child;
}

/**
 * To be called right after a process was started: on Linux a priority belongs to a thread, and those that it starts from then on
 * inherit it (setpriority(2), "C library/kernel differences"). Does nothing where there is no such process (any more).
 */
export function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or this system does not allow it: then it takes its share.
  }
}

/** How an `exit` or `close` reads in a message. */
export const howItEnded = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal ? `killed by ${signal}` : `exit code ${code}`;

/** Resolves with how it ended, whether it ran or could not even be started. */
export function untilEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(howItEnded(code, signal)));
  });
}

/** The end of what a process wrote to stderr: often the only thing that says why it died. */
export class LastWords {
  text = '';

  constructor(child: ChildProcess, keptCharacters: number) {
    child.stderr?.on('data', (bytes: Buffer) => {
      this.text = (this.text + bytes.toString()).slice(-keptCharacters);
    });
  }

  /** '' where there is none. */
  get lastLine(): string {
    return this.text.trim().split('\n').at(-1) ?? '';
  }
}
