import type { RecordedTurn, SessionEvent } from '../../../shared/protocol';

/** A chat that is recorded for hours; beyond it, sentences are still heard, but no longer written down. */
const MAX_SENTENCES = 50_000;

/** Writes down what is said in a recording and when, from the session's events. */
export class TurnLog {
  readonly turns: RecordedTurn[] = [];
  private open: { turn: RecordedTurn; sentence: RecordedTurn['sentences'][number] } | undefined;
  private announced: Extract<SessionEvent, { status: 'turn' }> | undefined;
  private sentences = 0;

  /** @returns whether something worth keeping was added */
  note(event: SessionEvent, atMs: number): boolean {
    const ms = Math.max(0, Math.round(atMs));
    switch (event.status) {
      case 'turn':
        this.announced = event;
        return false;
      case 'start':
        this.close(ms);
        return this.begin(event.turn, event.text, ms);
      case 'end':
        // It may have begun before the recording did.
        if (this.open?.turn.turn !== event.turn && !this.begin(event.turn, event.text, 0)) return false;
        if (event.interrupted) this.open!.turn.interrupted = true;
        this.close(ms);
        return true;
      default:
        return false;
    }
  }

  /** The recording is over: whoever is speaking is cut off here. */
  end(atMs: number): void {
    this.close(Math.round(atMs));
  }

  private begin(turn: number, text: string, startMs: number): boolean {
    if (++this.sentences > MAX_SENTENCES) return false;
    const sentence = { text, startMs, endMs: startMs };
    const entry = this.turns.at(-1)?.turn === turn ? this.turns.at(-1)! : this.add(turn);
    entry.sentences.push(sentence);
    this.open = { turn: entry, sentence };
    return true;
  }

  private add(turn: number): RecordedTurn {
    const { announced } = this;
    const known = announced?.turn === turn ? { kind: announced.kind, text: announced.text } : {};
    const entry: RecordedTurn = { turn, ...known, sentences: [] };
    this.turns.push(entry);
    return entry;
  }

  private close(endMs: number): void {
    if (this.open) this.open.sentence.endMs = Math.max(this.open.sentence.startMs, endMs);
    this.open = undefined;
  }
}
