import { type ForkOptions, forkEntry, howItEnded, LastWords } from './child';
import type { EntryName } from './entries';

/** One of our programs in a process of its own, and what it and the server say to each other. */
export interface ChildLink<To, From> {
  readonly pid: number | undefined;
  /** Resolves once the message is on its way (or never will be): whoever sends much waits for it. */
  send(message: To): Promise<void>;
  onMessage(listener: (message: From) => void): void;
  /** Called once, with what is known about why. */
  onExit(listener: (why: string) => void): void;
  /** Whether the server stays up for it: only while somebody waits. */
  hold(yes: boolean): void;
  kill(): void;
}

export interface LinkOptions extends Pick<ForkOptions, 'lowPriority' | 'args'> {
  /** What of its last line on stderr people should read; all of it unless said. '' leaves the line out. */
  reasonIn?: (lastLine: string) => string;
}

const KEPT_ERROR_CHARS = 2_000;

/** Starts the program. Its messages carry typed arrays as bytes. */
export function linkTo<To extends object, From>(
  name: EntryName,
  countedAs: string,
  { reasonIn = (line) => line, ...options }: LinkOptions = {},
): ChildLink<To, From> {
  const child = forkEntry(name, countedAs, { ...options, serialization: 'advanced', stderr: true });
  const lastWords = new LastWords(child, KEPT_ERROR_CHARS);
  return {
    pid: child.pid,
    // A send to a process that has just died is no error of ours; `exit` tells.
    send: (message) =>
      new Promise((sent) => {
        if (child.connected) child.send(message, () => sent());
        else sent();
      }),
    onMessage: (listener) => void child.on('message', (message) => listener(message as From)),
    onExit: (listener) => {
      let ended = false;
      const end = (why: string) => {
        if (ended) return;
        ended = true;
        listener(why);
      };
      // `close` rather than `exit`: only then all that it wrote has been read.
      child.on('close', (code, signal) => {
        const how = howItEnded(code, signal);
        const reason = signal === 'SIGKILL' ? '' : reasonIn(lastWords.lastLine);
        end(reason ? `${how}: ${reason}` : how);
      });
      child.on('error', (error) => end(error.message));
    },
    hold: (yes) => {
      const change = yes ? 'ref' : 'unref';
      child[change]();
      child.channel?.[change]();
      (child.stderr as unknown as { ref(): void; unref(): void } | null)?.[change]();
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
