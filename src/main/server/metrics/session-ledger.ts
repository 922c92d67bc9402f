import type { SessionEvent, SessionSummary, TurnLatency } from '../../../shared/protocol';

/** What the ledger reads from the registry. */
export interface ObservedSessions {
  list(): SessionSummary[];
  figures(): Record<string, Record<string, number>>;
  get(sessionId: number): { subscribe(listener: (event: SessionEvent) => void): () => void } | undefined;
}

export type Outcome = 'finished' | 'interrupted' | 'unheard';

export interface LedgerHooks {
  onOutcome(outcome: Outcome): void;
  onFault(part: string, engine: string): void;
  onLatency(figures: TurnLatency): void;
}

const LOOK_EVERY_MS = 500;

/**
 * Adds up what sessions did, those that are gone included: a session's own counters end with it, while a Prometheus counter must
 * never fall. New sessions are found by looking, so whoever opens one need not think of it.
 */
export class SessionLedger {
  private readonly known = new Map<
    number,
    { openTurn: number | undefined; closed: boolean; unsubscribe: () => void }
  >();
  private readonly ofEnded = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private begun = 0;

  constructor(
    private readonly sessions: ObservedSessions,
    private readonly hooks: LedgerHooks,
  ) {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  /** Sessions that were ever seen. */
  get sessionsBegun(): number {
    this.look();
    return this.begun;
  }

  /** Sums of `Session.figures()` over all sessions, those that are gone with what they had at their end. */
  totals(): Map<string, number> {
    this.look();
    const totals = new Map(this.ofEnded);
    for (const [id, figures] of Object.entries(this.sessions.figures())) {
      if (!this.known.get(Number(id))?.closed) addTo(totals, figures);
    }
    return totals;
  }

  close(): void {
    clearInterval(this.timer);
    for (const { unsubscribe } of this.known.values()) unsubscribe();
    this.known.clear();
  }

  private look(): void {
    const ids = new Set(this.sessions.list().map(({ sessionid }) => sessionid));
    for (const id of this.known.keys()) if (!ids.has(id)) this.known.delete(id);
    for (const id of ids) if (!this.known.has(id)) this.follow(id);
  }

  private follow(id: number): void {
    const session = this.sessions.get(id);
    if (!session) return;
    this.begun++;
    const entry = { openTurn: undefined as number | undefined, closed: false, unsubscribe: () => {} };
    this.known.set(id, entry);
    const settle = (outcome: Outcome, turn = entry.openTurn) => {
      if (turn === undefined) return;
      if (turn === entry.openTurn) entry.openTurn = undefined;
      this.hooks.onOutcome(outcome);
    };
    entry.unsubscribe = session.subscribe((event) => {
      if (event.status === 'turn') {
        // The one before had its end by now, unless nothing of it was ever heard.
        settle('unheard');
        entry.openTurn = event.turn;
      } else if (event.status === 'interrupted') settle('interrupted', event.turn);
      else if (event.status === 'latency') {
        this.hooks.onLatency(event);
        if (event.firstSoundSentMs !== undefined && event.turn === entry.openTurn) settle('finished');
      } else if (event.status === 'error') this.hooks.onFault(event.part, event.engine ?? '');
      else if (event.status === 'closed') {
        settle('unheard');
        // It is still listed until its encoders are closed; from here on it counts as what it was.
        addTo(this.ofEnded, this.sessions.figures()[id] ?? {});
        entry.closed = true;
      }
    });
  }
}

function addTo(totals: Map<string, number>, figures: Record<string, number>): void {
  for (const [name, value] of Object.entries(figures)) totals.set(name, (totals.get(name) ?? 0) + value);
}
