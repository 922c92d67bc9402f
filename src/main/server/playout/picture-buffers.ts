/** What is kept for the next pictures. */
const KEPT = 6;
/** After this process stood still, a second of pictures is composed at once, and then encoded. */
const MOST_AT_ONCE = 30;

/**
 * Scratch pictures that speech is composed into. A handful go round: each is lent until the encoder has read it. A burst gets more
 * of them, which go when they come back. When the encoder is so far behind that none is to be had, the avatar's own picture is
 * shown instead of growing memory.
 */
export class PictureBuffers {
  private readonly free: Uint8Array[] = [];
  private readonly most: number;
  private readonly kept: number;
  private made = 0;

  /** @param most that exist at once, all of which are kept; unless said, a handful is kept and a burst gets more */
  constructor(
    private readonly bytes: number,
    most?: number,
  ) {
    this.most = most ?? MOST_AT_ONCE;
    this.kept = most ?? KEPT;
  }

  take(): { data: Uint8Array; release: () => void } | undefined {
    let data = this.free.pop();
    if (!data) {
      if (this.made >= this.most) return undefined;
      this.made++;
      data = new Uint8Array(this.bytes);
    }
    let lent: Uint8Array | undefined = data;
    return {
      data,
      release: () => {
        if (lent) this.giveBack(lent);
        lent = undefined;
      },
    };
  }

  private giveBack(data: Uint8Array): void {
    if (this.made > this.kept) this.made--;
    else this.free.push(data);
  }
}
