import type { TurnLatency } from '../../../shared/protocol';

export type Milestone = keyof TurnLatency;

/** One turn's milestones in ms since its request, each stamped where it happens, once. */
export class TurnClock {
  private readonly requestedAtMs: number;
  private readonly stamps: TurnLatency = {};

  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.requestedAtMs = nowMs();
  }

  mark(milestone: Milestone): void {
    this.stamps[milestone] ??= this.nowMs() - this.requestedAtMs;
  }

  /** Whole milliseconds. */
  get figures(): TurnLatency {
    return Object.fromEntries(Object.entries(this.stamps).map(([name, ms]) => [name, Math.round(ms)]));
  }
}

export interface Percentiles {
  p50: number;
  p95: number;
  count: number;
}

/** Enough for a day at a kiosk to settle, little enough to follow a change of voice within the hour. */
const KEPT_TURNS = 200;

/** What viewers have been waiting for lately, by kind of turn. /api/health shows it. */
export class LatencyLedger {
  private readonly turns: { kind: string; figures: TurnLatency }[] = [];

  add(kind: string, figures: TurnLatency): void {
    this.turns.push({ kind, figures });
    if (this.turns.length > KEPT_TURNS) this.turns.shift();
  }

  /** kind -> milestone -> percentiles of the last turns; spans are counted from when the turn was taken up. */
  summary(): Record<string, Partial<Record<Milestone, Percentiles>>> {
    const spans = new Map<string, Map<Milestone, number[]>>();
    for (const { kind, figures } of this.turns) {
      const waitedMs = figures.queuedMs ?? 0;
      const ofKind = spans.get(kind) ?? new Map<Milestone, number[]>();
      spans.set(kind, ofKind);
      for (const [name, ms] of Object.entries(figures) as [Milestone, number][]) {
        const own = name === 'queuedMs' || name === 'interruptToSilenceMs' ? ms : ms - waitedMs;
        ofKind.set(name, [...(ofKind.get(name) ?? []), own]);
      }
    }
    return Object.fromEntries(
      [...spans].map(([kind, ofKind]) => [
        kind,
        Object.fromEntries([...ofKind].map(([name, values]) => [name, percentiles(values)])),
      ]),
    );
  }
}

/** Nearest rank. */
function percentiles(values: number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), count: sorted.length };
}
