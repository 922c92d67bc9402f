/**
 * Scratch pictures that speech is composed into. A handful go round: each is lent until the encoder has read it. When the
 * encoder is so far behind that none is free, the avatar's own picture is shown instead of growing memory.
 */
export class PictureBuffers {
  private readonly free: Uint8Array[] = [];
  private made = 0;

  constructor(
    private readonly bytes: number,
    private readonly most = 6,
  ) {}

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
        if (lent) this.free.push(lent);
        lent = undefined;
      },
    };
  }
}
