import { isCjk } from '../text/script';
import type { ClipProgress } from './render';
import type { ClipScript, ScriptStep } from './script';

/** How long speech takes, roughly: 15 characters a second, of hanzi and kana four and a half. */
const CHARACTER_MS = 66;
const CJK_CHARACTER_MS = 220;
const AUDIO_GUESS_MS = 10_000;
/** Until it is over, nobody knows how long the last line takes. */
const MOST = 0.99;

/** How far a clip is, from what its steps will probably take. */
export class ProgressMeter {
  private readonly guesses: number[];
  private readonly totalMs: number;
  private doneMs = 0;
  private current = 0;
  private beganMs = 0;

  constructor(script: ClipScript, besidesMs: number) {
    this.guesses = script.map(guessMs);
    this.totalMs = Math.max(1, besidesMs + this.guesses.reduce((sum, ms) => sum + ms, 0));
  }

  /** Step `step` (from 0) begins now. */
  begin(step: number, renderedMs: number): void {
    if (step > 0) this.doneMs += this.guesses[step - 1]!;
    this.current = this.guesses[step] ?? 0;
    this.beganMs = renderedMs;
  }

  at(renderedMs: number, step: number): ClipProgress {
    const inStep = Math.min(this.current, renderedMs - this.beganMs);
    const fraction = Math.min(MOST, (this.doneMs + inStep) / this.totalMs);
    return { fraction, renderedMs, step, steps: this.guesses.length };
  }
}

function guessMs(step: ScriptStep): number {
  switch (step.kind) {
    case 'say': {
      let ms = 0;
      for (const character of step.text) ms += isCjk(character.codePointAt(0)!) ? CJK_CHARACTER_MS : CHARACTER_MS;
      return ms;
    }
    case 'audio':
      return AUDIO_GUESS_MS;
    case 'pause':
      return step.durationMs;
    case 'mode':
      return 0;
  }
}
