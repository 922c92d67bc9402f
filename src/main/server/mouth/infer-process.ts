import { forkEntry, howItEnded, LastWords } from '../child';
import type { FromInfer, ToInfer } from './messages';

/** A running inference process, however it was started (`fork` here, Electron's `utilityProcess` from its shell). */
export interface InferProcess {
  readonly pid: number | undefined;
  /** The message is copied before this returns: its buffers may be used again. */
  send(message: ToInfer): void;
  onMessage(listener: (message: FromInfer) => void): void;
  /** Called once, with what is known about why. */
  onExit(listener: (why: string) => void): void;
  kill(): void;
}

const KEPT_ERROR_CHARS = 500;

export function forkInfer(): InferProcess {
  const child = forkEntry('infer', 'infer-process', { serialization: 'advanced', stderr: true });
  const lastWords = new LastWords(child, KEPT_ERROR_CHARS);
  return {
    pid: child.pid,
    // The callback: a send to a process that has just died is no error of ours; `exit` tells.
    send: (message) => {
      if (child.connected) child.send(message, () => {});
    },
    onMessage: (listener) =>
      void child.on('message', (message: FromInfer) => {
        if (message.type === 'loaded') lastWords.text = ''; // a GPU that is not there is no reason to die of later
        listener(message);
      }),
    onExit: (listener) => {
      let ended = false;
      const end = (why: string) => {
        if (ended) return;
        ended = true;
        listener(lastWords.lastLine ? `${why}: ${lastWords.lastLine}` : why);
      };
      child.on('exit', (code, signal) => end(howItEnded(code, signal)));
      child.on('error', (error) => end(error.message));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
