import { forkEntry, howItEnded, LastWords } from '../../child';
import type { FromVoice, ToVoice } from './messages';

/** A running voice process. */
export interface VoiceProcess {
  readonly pid: number | undefined;
  send(message: ToVoice): void;
  onMessage(listener: (message: FromVoice) => void): void;
  /** Called once, with what is known about why. */
  onExit(listener: (why: string) => void): void;
  /** Whether the server stays up for it: only while somebody waits. */
  hold(yes: boolean): void;
  kill(): void;
}

const KEPT_ERROR_CHARS = 2_000;

export function forkVoice(): VoiceProcess {
  const child = forkEntry('local-voice', 'voice-process', { serialization: 'advanced', stderr: true });
  const lastWords = new LastWords(child, KEPT_ERROR_CHARS);
  return {
    pid: child.pid,
    // The callback: a send to a process that has just died is no error of ours; `exit` tells.
    send: (message) => {
      if (child.connected) child.send(message, () => {});
    },
    onMessage: (listener) => void child.on('message', (message) => listener(message as FromVoice)),
    onExit: (listener) => {
      let ended = false;
      const end = (why: string) => {
        if (ended) return;
        ended = true;
        listener(why);
      };
      // `close` rather than `exit`: only then all that it wrote has been read.
      child.on('close', (code, signal) => {
        if (signal === 'SIGKILL') return end('killed by SIGKILL');
        const reason = reasonIn(lastWords.lastLine);
        end(`${howItEnded(code, signal)}${reason ? `: ${reason}` : ''}`);
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

/** What sherpa-onnx (`/path/file.cc:Function:123 text`) or C++ (`  what():  text`) said last. */
function reasonIn(lastLine: string): string {
  return lastLine
    .replace(/^\S+\.(?:cc|h):\S*:\d+\s+/, '')
    .replace(/^\s*what\(\):\s*/, '')
    .trim();
}
