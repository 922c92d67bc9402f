import type { PerformanceSummary } from '../../../shared/protocol';
import type { Performance, PictureSize } from '../avatar/actions';
import { HeraldError } from '../errors';
import { Act } from '../playout/act';
import type { Playout } from '../playout/playout';

export const MODE_LIVE = 0;
export const MODE_STILL = 1;

export interface ModesHooks {
  /** The mode changed, by request or because a performance is over. */
  onMode(audiotype: number): void;
  /** A performance could not be played, or not to its end. */
  onFault(error: Error): void;
}

/**
 * What a session shows while it does not speak: 0 the live loop, 1 the standing picture (or the pictures that replace it), from 2
 * on a performance, which ends in 1. Holds no clock: the playout says when a performance is over.
 */
export class Modes {
  private mode = MODE_LIVE;
  private playout: Playout | undefined;
  /** The performance that the mode stands for, on air or on its way there. */
  private wanted: Act | undefined;
  /** Mode 1's own pictures, while they are shown or next. */
  private backdrop: Act | undefined;
  private backdropBroken = false;
  private readonly known: ReadonlyMap<number, Performance>;

  constructor(
    performances: readonly Performance[],
    private readonly size: PictureSize,
    private readonly hooks: ModesHooks,
  ) {
    this.known = new Map(performances.map((performance) => [performance.audiotype, performance]));
  }

  get audiotype(): number {
    return this.mode;
  }

  /** What /set_audiotype knows besides 0 and 1. */
  get performances(): PerformanceSummary[] {
    return [...this.known.values()]
      .filter(({ audiotype }) => audiotype > MODE_STILL)
      .map(({ audiotype, name, loop, durationMs }) => ({
        audiotype,
        name,
        ...(durationMs !== undefined && { durationMs }),
        ...(loop && { loop }),
      }));
  }

  /** Modes that were set before anybody watched begin now. */
  attach(playout: Playout): void {
    this.playout = playout;
    if (this.mode > MODE_STILL) this.perform();
    else this.showSilence(this.mode === MODE_STILL);
  }

  /** @throws HeraldError('refused') that names the modes there are */
  check(audiotype: number): void {
    if (audiotype === MODE_LIVE || audiotype === MODE_STILL || this.known.has(audiotype)) return;
    const names = this.performances.map(({ audiotype: number, name }) => `, ${number} (${name})`);
    throw new HeraldError(
      'refused',
      `audiotype ${audiotype} is not known to this presenter; known: 0 (live), 1 (still)${names.join('')}`,
    );
  }

  /** To the mode, which was checked. The one that is already on is left alone, unless its clip is to begin again. */
  set(audiotype: number, { reinit }: { reinit: boolean }): void {
    if (audiotype === this.mode && !reinit) return;
    this.mode = audiotype;
    if (audiotype > MODE_STILL) this.perform();
    else {
      this.wanted = undefined;
      this.playout?.endActs();
      this.showSilence(audiotype === MODE_STILL);
    }
    this.hooks.onMode(audiotype);
  }

  /** An interrupt ends a performance too. */
  interrupt(): void {
    if (this.mode > MODE_STILL) this.set(MODE_STILL, { reinit: false });
  }

  /** For the playout: which silence follows is known as soon as a performance begins, so that speech can be prepared on it. */
  began(act: Act): void {
    this.showSilence(!act.loop);
  }

  /** For the playout: a performance is over, or speech cut it. */
  ended(act: Act): void {
    const { fault } = act;
    if (fault) {
      const { name } = this.known.get(act.audiotype)!;
      const why = fault instanceof Error ? fault.message : String(fault);
      this.hooks.onFault(new Error(`performance ${act.audiotype} (${name}) ${why}. Mend its files and set it again.`));
    }
    if (act === this.backdrop) {
      this.backdrop = undefined;
      this.backdropBroken = true; // the standing picture takes its place
      return;
    }
    if (act !== this.wanted) return; // another one is on its way already
    this.wanted = undefined;
    this.mode = MODE_STILL;
    this.showSilence(true);
    this.hooks.onMode(MODE_STILL);
  }

  private perform(): void {
    if (!this.playout) return;
    this.wanted = this.actOf(this.known.get(this.mode)!);
    this.playout.perform(this.wanted);
  }

  private showSilence(still: boolean): void {
    const own = still && !this.backdropBroken ? this.known.get(MODE_STILL) : undefined;
    if (!own || !this.playout) this.backdrop = undefined;
    else this.backdrop ??= this.actOf(own);
    this.playout?.setStill(still, this.backdrop);
  }

  private actOf({ audiotype, loop, ...performance }: Performance): Act {
    return new Act({ audiotype, loop, steps: (signal) => performance.steps(this.size, signal) });
  }
}
