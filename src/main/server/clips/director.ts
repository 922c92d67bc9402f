import { say } from '../../../shared/told';
import { samplesToMs } from '../../../shared/units';
import type { DecodedAudio } from '../audio/decode';
import type { Performance, PictureSize } from '../avatar/actions';
import { HeraldError } from '../errors';
import type { Mouth } from '../mouth/mouth';
import type { Playout } from '../playout/playout';
import type { Lips } from '../session/lips';
import { MODE_STILL, Modes } from '../session/modes';
import { perform } from '../session/pipeline';
import { Turn, type TurnSource } from '../session/turn';
import { knownWords } from '../session/words';
import type { Tts, VoiceSettings } from '../tts/tts';
import type { CuttingRoom } from './cutting-room';
import { Feed } from './feed';
import type { Holds } from './holds';
import { wholePictures } from './render';
import type { ClipScript, ScriptStep } from './script';

export interface Sentence {
  text: string;
  startMs: number;
  endMs: number;
}

export interface DirectorParts {
  tts: Tts;
  mouth: Mouth;
  /** Of the pictures. */
  size: PictureSize;
  /** What the presenter can do besides talk. */
  performances?: readonly Performance[];
  room: CuttingRoom;
  holds: Holds;
  voice?: VoiceSettings;
  openAudio(file: string, signal: AbortSignal): Promise<DecodedAudio>;
  onWarning?(message: string): void;
  signal: AbortSignal;
}

/** Leads a presenter through a script, one step after the other. Time moves only where a step lets it. */
export class Director {
  /** What was said, in order. */
  readonly sentences: Sentence[] = [];
  /** The step under way, from 1. */
  step = 0;
  private release: () => void;
  private playout!: Playout;
  private lips!: Lips;
  private readonly warned = new Set<string>();

  private actIsOver: () => void = () => {};
  private actFailed: (error: Error) => void = () => {};
  /** For the playout. */
  readonly modes: Modes;

  constructor(private readonly parts: DirectorParts) {
    this.release = parts.holds.hold();
    this.modes = new Modes(parts.performances ?? [], parts.size, {
      onMode: (audiotype) => audiotype === MODE_STILL && this.actIsOver(),
      onFault: (error) => this.actFailed(error),
    });
  }

  attach(playout: Playout, lips: Lips): void {
    this.playout = playout;
    this.lips = lips;
    this.modes.attach(playout);
  }

  async perform(script: ClipScript, onStep: (step: number) => void): Promise<void> {
    for (const [i, step] of script.entries()) {
      this.step = i + 1;
      onStep(i);
      try {
        await this.take(step);
      } catch (error) {
        if (this.parts.signal.aborted || script.length === 1) throw error;
        const message = error instanceof Error ? error.message : String(error);
        throw new HeraldError('refused', `step ${i + 1} of the script: ${message}`);
      }
    }
  }

  /** The presenter lives, and says nothing. */
  async idle(durationMs: number): Promise<void> {
    const { room, signal } = this.parts;
    await this.letTimeGo(() =>
      unlessAborted(room.reached(wholeFrom(room.samples) + wholePictures(durationMs)), signal),
    );
  }

  private async take(step: ScriptStep): Promise<void> {
    const { voice } = this.parts;
    switch (step.kind) {
      case 'pause':
        return this.idle(step.durationMs);
      case 'mode':
        return this.show(step.audiotype);
      case 'say': {
        const own = step.voice === undefined ? voice : { ...voice, voice: step.voice };
        return this.speak({ kind: 'echo', text: step.text, ...(own && { voice: own }) });
      }
      case 'audio': {
        const audio = await this.parts.openAudio(step.file, this.parts.signal);
        try {
          if (audio.truncated) this.warn(say('clip.breaksOff', { file: step.file }));
          const chunks = audio.chunks();
          return await this.speak({ kind: 'audio', text: step.file, chunks, close: () => audio.close() });
        } finally {
          await audio.close();
        }
      }
    }
  }

  /** A performance is watched to its end; one that goes round goes on while the script does. */
  private async show(audiotype: number): Promise<void> {
    const { modes } = this;
    const { signal } = this.parts;
    modes.check(audiotype);
    const over = new Promise<void>((resolve, reject) => {
      this.actIsOver = resolve;
      this.actFailed = reject;
    });
    over.catch(() => {}); // whoever waits for it knows
    modes.set(audiotype, { reinit: true });
    const act = this.parts.performances?.find((performance) => performance.audiotype === audiotype);
    if (act?.opaque) this.warn(say('clip.noMatte', { audiotype, name: act.name }));
    if (audiotype > MODE_STILL && !act?.loop) await this.letTimeGo(() => unlessAborted(over, signal));
  }

  private async speak(source: TurnSource): Promise<void> {
    const { tts, mouth, room, holds, signal } = this.parts;
    const { playout, lips } = this;
    const turn = new Turn(this.step, source, () => {});
    const stop = () => turn.interrupt();
    signal.addEventListener('abort', stop, { once: true });
    let missed: { error: unknown } | undefined;
    let open: Sentence | undefined;
    const nowMs = () => Math.round(samplesToMs(room.samples));
    try {
      signal.throwIfAborted();
      await this.letTimeGo(() =>
        perform(turn, knownWords(source.text), {
          tts,
          lips,
          playout: new Feed(playout, holds, signal),
          windowStartMs: mouth.windowStartMs,
          onFault: (fault, next) => next && this.warn(say('clip.otherVoice', { voice: next, why: fault.message })),
          onMissed: (error) => {
            // In a conversation the next sentence goes on; a clip has every sentence or is not made.
            missed ??= { error };
            turn.interrupt();
          },
          onSegment: (edge, text) => {
            if (edge === 'begin') {
              open = { text, startMs: nowMs(), endMs: nowMs() };
              if (source.kind !== 'audio') this.sentences.push(open);
            } else if (open) open.endMs = nowMs();
          },
        }),
      );
      if (missed) throw missed.error;
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  private async letTimeGo(work: () => Promise<void>): Promise<void> {
    const working = work();
    this.release();
    try {
      await working;
    } finally {
      this.release = this.parts.holds.hold();
    }
  }

  private warn(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.parts.onWarning?.(message);
  }
}

/** Lines end in the middle of a picture's sound; what follows begins with the next picture. */
const wholeFrom = (samples: number): number => wholePictures(samplesToMs(samples));

function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve).finally(() => signal.removeEventListener('abort', stop));
  });
}
