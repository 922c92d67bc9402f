import type { SessionEvent } from '../src/shared/protocol';

/**
 * What a client of /sse may rely on: a turn is announced, its sentences start and end in pairs one after the other, an interrupt
 * ends the open sentence and the turn, and nothing more is said of a turn that is over or of a session that is closed.
 */
export class EventOrder {
  private newest = 0;
  private open: { turn: number; text: string } | undefined;
  /** The end of a sentence said that its turn was interrupted; this must follow. */
  private cut: number | undefined;
  private closed = false;
  private readonly over = new Set<number>();

  constructor(private readonly onFault: (what: string) => void) {}

  take(event: SessionEvent): void {
    if (this.closed) this.onFault(`${event.status} after closed`);
    if (this.cut !== undefined && !(event.status === 'interrupted' && event.turn === this.cut)) {
      this.onFault(`${event.status} between the interrupted end and 'interrupted' of turn ${this.cut}`);
      this.cut = undefined;
    }
    switch (event.status) {
      case 'turn':
        if (event.turn <= this.newest) this.onFault(`turn ${event.turn} announced after turn ${this.newest}`);
        if (this.open) this.onFault(`turn ${event.turn} announced while a sentence of ${this.open.turn} is open`);
        this.over.add(this.newest);
        this.newest = event.turn;
        break;
      case 'start':
        this.mustBeOn('start', event.turn);
        if (this.open) this.onFault(`start of turn ${event.turn} while a sentence of ${this.open.turn} is open`);
        this.open = event;
        break;
      case 'end':
        if (this.open?.turn !== event.turn || this.open.text !== event.text) {
          this.onFault(`end of turn ${event.turn} without its start`);
        }
        this.open = undefined;
        if (event.interrupted) this.cut = event.turn;
        break;
      case 'answer':
        this.mustBeOn('answer', event.turn);
        break;
      case 'interrupted':
        if (this.over.has(event.turn)) this.onFault(`turn ${event.turn} interrupted after it was over`);
        if (this.open?.turn === event.turn) this.onFault(`turn ${event.turn} interrupted with a sentence open`);
        this.cut = undefined;
        this.over.add(event.turn);
        break;
      case 'latency':
        // The figures of a turn come when it is over; those of an interrupt later still.
        if (event.interruptToSilenceMs === undefined) this.over.add(event.turn);
        break;
      case 'closed':
        if (this.open) this.onFault(`closed while a sentence of turn ${this.open.turn} is open`);
        this.closed = true;
        break;
    }
  }

  private mustBeOn(what: string, turn: number): void {
    if (turn !== this.newest) this.onFault(`${what} of turn ${turn} while turn ${this.newest} is on`);
    if (this.over.has(turn)) this.onFault(`${what} of turn ${turn} after it was over`);
  }
}
