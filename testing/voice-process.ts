import type { FromVoice, ToVoice } from '../src/main/server/tts/local/messages';
import type { VoiceProcess } from '../src/main/server/tts/local/voice-fork';

/** A voice process in this one: it does what a script says, and ends when it is killed. */
export class ScriptedProcess implements VoiceProcess {
  readonly pid = 1;
  readonly received: ToVoice[] = [];
  held = true;
  #message: (message: FromVoice) => void = () => {};
  #exit: ((why: string) => void) | undefined;

  constructor(private readonly onSend: (message: ToVoice, process: ScriptedProcess) => void) {}

  send(message: ToVoice): void {
    this.received.push(message);
    if (this.#exit) this.onSend(message, this);
  }
  say(message: FromVoice): void {
    queueMicrotask(() => this.#message(message));
  }
  die(why: string): void {
    queueMicrotask(() => {
      this.#exit?.(why);
      this.#exit = undefined;
    });
  }
  onMessage(listener: (message: FromVoice) => void): void {
    this.#message = listener;
  }
  onExit(listener: (why: string) => void): void {
    this.#exit = listener;
  }
  hold(yes: boolean): void {
    this.held = yes;
  }
  kill(): void {
    this.die('killed by SIGKILL');
  }
}

export const LOADED: FromVoice = { type: 'loaded', sampleRateHz: 22_050, speakerCount: 1, loadMs: 1 };

/** Loads at once and speaks two chunks for each job. */
export function wellBehaved(message: ToVoice, process: ScriptedProcess): void {
  if (message.type === 'load') process.say(LOADED);
  if (message.type !== 'speak') return;
  const { id } = message.job;
  process.say({ type: 'audio', id, samples: new Float32Array(2) });
  process.say({ type: 'audio', id, samples: new Float32Array(3) });
  process.say({ type: 'done', id, synthesisMs: 10, speechMs: 40 });
}
