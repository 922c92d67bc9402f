import { fork } from 'node:child_process';
import { appRoot, entry } from '../entries';
import { track } from '../metrics/native';
import type { FromInfer, ToInfer } from './messages';

/** A running inference process, however it was started (`fork` here, Electron's `utilityProcess` from its shell). */
export interface InferProcess {
  readonly pid: number | undefined;
  send(message: ToInfer): void;
  onMessage(listener: (message: FromInfer) => void): void;
  /** Called once, with what is known about why. */
  onExit(listener: (why: string) => void): void;
  kill(): void;
}

const KEPT_ERROR_CHARS = 500;

export function forkInfer(): InferProcess {
  const { file, execArgv } = entry('infer');
  const untrack = track('infer-process');
  const child = fork(file, [], {
    cwd: appRoot, // where `--import tsx` is looked up
    execArgv,
    serialization: 'advanced', // typed arrays as bytes, not as JSON
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Under Electron process.execPath is Electron itself.
    env: process.versions.electron ? { ...process.env, ELECTRON_RUN_AS_NODE: '1' } : process.env,
  });
  let lastWords = '';
  child.stderr?.on('data', (text: Buffer) => {
    lastWords = (lastWords + text.toString()).slice(-KEPT_ERROR_CHARS);
  });
  return {
    pid: child.pid,
    // The callback: a send to a process that has just died is no error of ours; `exit` tells.
    send: (message) => {
      if (child.connected) child.send(message, () => {});
    },
    onMessage: (listener) =>
      void child.on('message', (message: FromInfer) => {
        if (message.type === 'loaded') lastWords = ''; // a GPU that is not there is no reason to die of later
        listener(message);
      }),
    onExit: (listener) => {
      let ended = false;
      const end = (why: string) => {
        if (ended) return;
        ended = true;
        untrack();
        listener(lastWords.trim() ? `${why}: ${lastWords.trim().split('\n').at(-1)}` : why);
      };
      child.on('exit', (code, signal) => end(signal ? `killed by ${signal}` : `exit code ${code}`));
      child.on('error', (error) => end(error.message));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
