import type { Invariants, Witness } from './invariants';

/** Who is connected by the actors' account, held against what the server lists. */
export class Roster {
  private readonly here = new Map<number, { witness: Witness; missedLooks: number }>();
  private readonly leftMs = new Map<number, number>();
  private readonly strangersMs = new Map<number, number>();
  /** Sessions that were ever connected. */
  begun = 0;

  constructor(private readonly invariants: Invariants) {}

  get count(): number {
    return this.here.size;
  }

  connected(id: number, witness: Witness): void {
    this.begun++;
    this.strangersMs.delete(id);
    this.leftMs.delete(id);
    this.here.set(id, { witness, missedLooks: 0 });
  }

  /** From now on the server should let go of it. */
  left(id: number, nowMs: number): void {
    this.here.delete(id);
    this.leftMs.set(id, nowMs);
  }

  isHere(id: number): boolean {
    return this.here.has(id);
  }

  compare(listed: readonly number[], nowMs: number): void {
    for (const id of listed) {
      if (this.here.has(id)) continue;
      const since = this.leftMs.get(id) ?? this.strangersMs.get(id) ?? nowMs;
      if (!this.leftMs.has(id)) this.strangersMs.set(id, since);
      this.invariants.see('sessions freed', (nowMs - since) / 1_000, undefined, `session ${id}`);
    }
    const there = new Set(listed);
    for (const id of [...this.leftMs.keys()]) {
      if (there.has(id)) continue;
      this.leftMs.delete(id);
      // When it went is not known; as long as it was listed, its age was told.
      this.invariants.see('sessions freed', 0);
    }
    for (const id of [...this.strangersMs.keys()]) if (!there.has(id)) this.strangersMs.delete(id);
    for (const [id, entry] of this.here) {
      entry.missedLooks = there.has(id) ? 0 : entry.missedLooks + 1;
      // The list may have been made a moment before it was connected.
      const lost = entry.missedLooks >= 2 ? 1 : 0;
      if (lost) this.here.delete(id);
      this.invariants.see('sessions kept', lost, entry.witness, lost ? `session ${id} is not listed any more` : '');
    }
  }
}
