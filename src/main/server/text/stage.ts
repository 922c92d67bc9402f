/**
 * One step on the way from what a model writes to what a voice reads. Stages are fed one character (code point) at a
 * time and keep what they cannot judge yet, so by construction nothing depends on how the text was cut into chunks.
 */
export interface Stage {
  feed(character: string): void;
  /** The text ends: what waits is decided, and the stage is ready for another text. */
  end(): void;
  /** Characters held back until more text decides what they are. */
  readonly waiting: number;
}

/**
 * Notes from one stage to a later one, carried in the text. They are noncharacters (Unicode 23.7: for internal use);
 * the first stage drops them from what comes in, so text can never pretend to be one.
 */
export const MARK = {
  /** Something was left out here: an emoji, a citation, the end of a soft-wrapped line. */
  gap: '\ufdd0',
  /** A sentence ends here, with or without a stop. */
  break: '\ufdd1',
  /** The border between two cells of a table row. */
  cell: '\ufdd2',
  /** A block of code stood here. */
  code: '\ufdd3',
} as const;

export const isMark = (character: string): boolean => character >= MARK.gap && character <= MARK.code;

/**
 * A stage that judges the beginning of what it holds: `step` takes what it understands and says how many UTF-16 units
 * that was, or 0 to wait for more.
 */
export abstract class HoldingStage implements Stage {
  #held = '';

  constructor(protected readonly next: Stage) {}

  /** @param final no more text follows: `step` must take something. */
  protected abstract step(held: string, final: boolean): number;
  protected abstract reset(): void;

  get waiting(): number {
    return this.#held.length + this.next.waiting;
  }

  feed(character: string): void {
    this.#held += character;
    this.#settle(false);
  }

  end(): void {
    this.#settle(true);
    this.reset();
    this.next.end();
  }

  #settle(final: boolean): void {
    while (this.#held !== '') {
      const taken = this.step(this.#held, final);
      if (taken === 0) return;
      this.#held = this.#held.slice(taken);
    }
  }

  /** Hands a string on, character by character. */
  protected emit(text: string): void {
    for (const character of text) this.next.feed(character);
  }
}
