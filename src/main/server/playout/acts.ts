import type { ActStep } from '../avatar/actions';
import type { I420Picture } from '../avatar/avatar';
import type { Act } from './act';

export interface ActsOptions {
  /** Speech and performances want the stage one after the other (queue, the default), or speech ends a performance (cut). */
  overlap?: 'queue' | 'cut';
  /** An act goes on air, or goes on after speech. */
  onActBegan?: (act: Act) => void;
  /** An act is over: it came to its end, speech cut it, or its source failed. Not called for acts that were told to go. */
  onActEnded?: (act: Act) => void;
}

/** What speech is doing when an act asks for the stage. */
export interface SpeechState {
  /** Something is waiting to be said. */
  waiting: boolean;
  /** It is being said, on its way, or waiting. */
  busy: boolean;
}

/** Which performance is on air: one at a time, another one waiting, and beneath them mode 1's own pictures. */
export class Acts {
  /** The act on air. */
  current: Act | undefined;
  /** The 40 ms of it that are being sent; `undefined` while it is late. */
  step: ActStep | undefined;
  /** A performance had nothing to show in time. */
  misses = 0;
  /** Begins as soon as it is ready and speech lets it. */
  private next: Act | undefined;
  private backdrop: Act | undefined;
  private backdropPicture: I420Picture | undefined;
  /** Acts that are over and whose sources are being closed. */
  private readonly closing = new Set<Promise<void>>();

  /** @param onCut told what would have sounded next when an act is ended in its middle */
  constructor(
    private readonly options: ActsOptions,
    private readonly onCut: (next: Float32Array | undefined) => void,
  ) {}

  get hasBackdrop(): boolean {
    return this.backdrop !== undefined;
  }

  perform(act: Act): void {
    this.retire(this.next);
    this.next = act;
  }

  end(): void {
    if (this.step) this.onCut(this.current?.upcoming?.samples);
    this.retire(this.current);
    this.retire(this.next);
    this.current = this.next = this.step = undefined;
  }

  setBackdrop(backdrop: Act | undefined): void {
    if (this.backdrop === backdrop) return;
    this.retire(this.backdrop);
    this.backdrop = backdrop;
    this.backdropPicture = undefined;
  }

  /** The next picture of mode 1's own and what it belongs to; undefined while there is none. */
  takeBackdrop(): { picture: I420Picture; scene: Act } | undefined {
    if (!this.backdrop) return undefined;
    const { backdrop } = this;
    this.backdropPicture = backdrop.take()?.picture ?? this.backdropPicture;
    if (backdrop.ended) {
      // It goes round for ever, so its source has failed.
      this.setBackdrop(undefined);
      this.options.onActEnded?.(backdrop);
      return undefined;
    }
    return this.backdropPicture && { picture: this.backdropPicture, scene: backdrop };
  }

  /** Takes the next step, changing acts where it is time to. False when no act is on air. */
  play(speech: SpeechState): boolean {
    this.step = undefined;
    if (this.next?.startable && (this.current || !speech.busy)) this.begin(this.next);
    const { current: act } = this;
    if (!act) return false;
    if (speech.waiting && this.yields(act)) {
      this.makeWay(act);
      return false;
    }
    this.step = act.take();
    if (this.step) return true;
    if (!act.ended) {
      this.misses++;
      return true;
    }
    this.current = undefined;
    this.retire(act);
    this.options.onActEnded?.(act);
    return false;
  }

  /** Virtual time waits until every source has what it needs; real time goes on without. */
  async settled(): Promise<void> {
    await Promise.all([this.current?.settled(), this.next?.settled(), this.backdrop?.settled()]);
  }

  /** Resolves when every source that was opened is closed again. */
  async close(): Promise<void> {
    this.end();
    this.setBackdrop(undefined);
    await Promise.all(this.closing);
  }

  private begin(act: Act): void {
    if (this.current) this.onCut(this.current.upcoming?.samples);
    this.retire(this.current);
    this.current = act;
    this.next = undefined;
    if (act.upcoming) this.options.onActBegan?.(act);
  }

  /** Does speech that waits go before the rest of this act? A loop has no end, so it lets speech in between two rounds. */
  private yields(act: Act): boolean {
    return this.options.overlap === 'cut' || (act.loop && act.upcoming?.first === true);
  }

  private makeWay(act: Act): void {
    const betweenRounds = act.upcoming?.first === true;
    if (!betweenRounds) this.onCut(act.upcoming?.samples);
    this.current = undefined;
    if (act.loop) {
      if (!betweenRounds) act.rewind();
      if (this.next) this.retire(act);
      else this.next = act; // goes on when speech is over
      return;
    }
    this.retire(act);
    this.options.onActEnded?.(act);
  }

  private retire(act: Act | undefined): void {
    if (!act) return;
    const closing = act.close().finally(() => this.closing.delete(closing));
    this.closing.add(closing);
  }
}
