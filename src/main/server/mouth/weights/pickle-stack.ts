import { broken, PickleError } from './pickle-bytes';
import type { Charge } from './pickle-constants';

const SLOT_COST = 16;

/** The pickle machine's stack. Marks stand between values: what lies below the last one belongs to whoever set it. */
export class PickleStack {
  private readonly values: unknown[] = [];
  private readonly marks: number[] = [];

  constructor(
    private readonly maxValues: number,
    private readonly charge: Charge,
  ) {}

  push(value: unknown): void {
    if (this.values.length >= this.maxValues) throw new PickleError('nests too many values; it was not opened');
    this.charge(SLOT_COST);
    this.values.push(value);
  }

  mark(): void {
    this.charge(SLOT_COST);
    this.marks.push(this.values.length);
  }

  top(): unknown {
    this.need(1);
    return this.values.at(-1);
  }

  /** The last value, or the mark on top of it. */
  drop(): void {
    if (this.marks.at(-1) === this.values.length) this.marks.pop();
    else this.pop();
  }

  pop(): unknown {
    this.need(1);
    return this.values.pop();
  }

  /** The last values in the order in which they were pushed. */
  popMany(count: number): unknown[] {
    this.need(count);
    return this.values.splice(this.values.length - count);
  }

  popToMark(): unknown[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw broken('no mark where one is needed');
    return this.values.splice(mark);
  }

  private need(count: number): void {
    if (this.values.length - (this.marks.at(-1) ?? 0) < count) throw broken('too few values on its stack');
  }
}
