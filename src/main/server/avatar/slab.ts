/** Places beyond those that are kept: for the picture that is being decoded, and for those that a session still shows. */
const SPARE_PLACES = 8;

/**
 * Room for the pictures of a loop that is decoded without end, allocated in one piece: buffers of 3 MB that come and go by themselves
 * lie among everything else in malloc's heap, where what is freed between them stays ours (60 MB after a minute of
 * 1080x1920). From 32 MB on a piece has pages of its own, whatever was freed before (glibc's DEFAULT_MMAP_THRESHOLD_MAX).
 * It is shared memory, which V8 does not weigh; a place that no picture was ever put in costs nothing.
 */
export class PictureSlab {
  private memory: SharedArrayBuffer | undefined;
  private readonly free: Uint8Array[] = [];
  private places = 0;
  private watched = false;
  private closed = false;

  /** @param bytes of pictures that will be kept */
  constructor(private readonly bytes: number) {}

  /** What it takes at most; 0 while it has no memory. */
  get size(): number {
    return this.memory?.byteLength ?? 0;
  }

  /** While nobody watches, its memory goes with the last picture in it: others have needed the room. */
  use(watched: boolean): void {
    this.watched = watched;
    this.dropIfUnused();
  }

  /**
   * @param pictureBytes the same in every call
   * @returns undefined when every place is taken
   */
  take(pictureBytes: number): Uint8Array | undefined {
    if (this.closed) return undefined;
    if (!this.memory) {
      this.places = Math.floor(this.bytes / pictureBytes) + SPARE_PLACES;
      this.memory = new SharedArrayBuffer(this.places * pictureBytes);
      for (let place = this.places - 1; place >= 0; place--) {
        this.free.push(new Uint8Array(this.memory, place * pictureBytes, pictureBytes));
      }
    }
    return this.free.pop(); // the one used last: others may never be touched
  }

  /** Nobody reads this picture any more. One that was not taken here is the garbage collector's. */
  giveBack(data: Uint8Array): void {
    if (data.buffer !== this.memory) return;
    this.free.push(data);
    this.dropIfUnused();
  }

  close(): void {
    this.closed = true;
    this.drop();
  }

  private dropIfUnused(): void {
    if (!this.watched && this.free.length === this.places) this.drop();
  }

  private drop(): void {
    this.memory = undefined;
    this.free.length = 0;
  }
}
