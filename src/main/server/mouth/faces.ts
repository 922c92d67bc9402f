/** About what the inference process keeps for each byte of a face crop. */
const KEPT_PER_CROP_BYTE = 1.2;

/**
 * Which faces the inference process holds, in which slot: it is told exactly what this says, so neither has to ask the other.
 * First in, first out: a loop comes round in the order in which it was sent.
 */
export class SentFaces {
  private readonly slots = new Map<string, { slot: number; bytes: number }>();
  private readonly free: number[] = [];
  private next = 0;
  private bytes = 0;

  constructor(private readonly budgetBytes: number) {}

  get(key: string): number | undefined {
    return this.slots.get(key)?.slot;
  }

  /** Whether a face can be added and no other has to go. */
  hasRoomFor(cropBytes: number): boolean {
    return this.bytes + cropBytes * KEPT_PER_CROP_BYTE <= this.budgetBytes;
  }

  /** Takes a slot for a face; `forget` is called for each that has to go. The newest always fits. */
  add(key: string, cropBytes: number, forget: (slot: number) => void): number {
    const bytes = cropBytes * KEPT_PER_CROP_BYTE;
    for (const [oldest, held] of this.slots) {
      if (this.bytes + bytes <= this.budgetBytes) break;
      this.slots.delete(oldest);
      this.bytes -= held.bytes;
      this.free.push(held.slot);
      forget(held.slot);
    }
    const slot = this.free.pop() ?? this.next++;
    this.slots.set(key, { slot, bytes });
    this.bytes += bytes;
    return slot;
  }

  /** A new process holds nothing. */
  clear(): void {
    this.slots.clear();
    this.free.length = this.next = this.bytes = 0;
  }
}
