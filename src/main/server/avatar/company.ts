/** Sessions that are further apart than this go their own ways: two seconds. */
const NEAR_PICTURES = 50;
/** Who is ahead stands for one picture of so many, as the head does at the beginning of speech: nobody sees it. */
const STANDS_EVERY_PICTURES = 25;

/**
 * The sessions that walk one avatar. Where its loop does not fit in memory, each that walks alone decodes every picture for itself
 * (1080x1920: 5 CPU-ms and 3 MB each, 17 of them at a time), so whoever comes begins where the others are, and whoever
 * is a little ahead of another waits for it in silence.
 */
export class Company {
  private readonly walkers = new Set<Walker>();

  /** @param periodPictures after how many steps the walk is where it began */
  constructor(private readonly periodPictures: number) {}

  join(): Walker {
    const walker = new Walker(this.walkers, this.periodPictures);
    this.walkers.add(walker);
    return walker;
  }

  /** Where a walk that begins now begins: with the latest that came, or at the loop's own beginning. */
  get start(): number {
    return [...this.walkers].findLast(({ walked }) => walked !== undefined)?.walked ?? 0;
  }
}

/** One of them. */
export class Walker {
  /** Steps taken since the loop's beginning; undefined until its first picture is shown. */
  walked: number | undefined;
  private sinceStanding = 0;

  constructor(
    private readonly all: Set<Walker>,
    private readonly periodPictures: number,
  ) {}

  /** The picture at this step is on air. */
  show(walked: number): void {
    this.walked = walked;
    this.sinceStanding++;
  }

  /** Whether the picture on air should stand once more, since another is a little behind. Asked in silence only. */
  shouldStand(): boolean {
    if (this.sinceStanding < STANDS_EVERY_PICTURES) return false;
    this.sinceStanding = 0;
    for (const { walked } of this.all) {
      if (walked === undefined || this.walked === undefined) continue;
      const ahead = (this.walked - walked) % this.periodPictures;
      const aheadPictures = ahead < 0 ? ahead + this.periodPictures : ahead;
      // One picture apart is the order in which two clocks tick.
      if (aheadPictures > 1 && aheadPictures <= NEAR_PICTURES) return true;
    }
    return false;
  }

  leave(): void {
    this.all.delete(this);
  }
}
