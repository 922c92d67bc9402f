/** A promise with a limit. */
export interface Promised {
  /** What must not exceed `limit`. */
  says: string;
  limit: number;
  unit: string;
}

export interface Breach {
  atS: number;
  value: number;
  who: string;
  note: string;
  /** The last things that whoever it happened to did. */
  log: string[];
}

export interface Finding extends Promised {
  name: string;
  verdict: 'ok' | 'broken' | 'not seen' | 'cannot tell';
  seen: number;
  worst?: number;
  worstAtS?: number;
  worstOf?: string;
  /** For people: why it cannot be told, how sure it is. */
  remark?: string;
  breaches: Breach[];
  breachCount: number;
}

/** Who saw something, and what it did before. */
export interface Witness {
  name: string;
  log(): string[];
}

const KEPT_BREACHES = 5;

/** Every promise of a run, the worst value seen of each, and what it was like when one was broken. */
export class Invariants {
  /** Told of every value. */
  onSeen: (name: string, value: number) => void = () => {};
  private readonly findings = new Map<string, Finding>();

  constructor(
    private readonly nowS: () => number,
    promises: Record<string, Promised>,
  ) {
    for (const [name, promised] of Object.entries(promises)) {
      this.findings.set(name, { name, ...promised, verdict: 'not seen', seen: 0, breaches: [], breachCount: 0 });
    }
  }

  /** Takes note of a value; above the limit, or not a number at all, the promise is broken. */
  see(name: string, value: number, witness?: Witness, note = ''): void {
    const finding = this.findings.get(name);
    if (!finding) throw new Error(`no invariant ${name}`);
    this.onSeen(name, value);
    const kept = value <= finding.limit;
    finding.seen++;
    if (finding.worst === undefined || value > finding.worst || Number.isNaN(value)) {
      finding.worst = value;
      finding.worstAtS = this.nowS();
      finding.worstOf = witness?.name ?? '';
    }
    if (kept) {
      if (finding.verdict === 'not seen') finding.verdict = 'ok';
      return;
    }
    finding.verdict = 'broken';
    finding.breachCount++;
    if (finding.breaches.length >= KEPT_BREACHES) return;
    const who = witness?.name ?? 'the kit';
    finding.breaches.push({ atS: this.nowS(), value, who, note, log: witness?.log() ?? [] });
  }

  /** For what is judged once, at the end, and may be undecided. */
  conclude(name: string, verdict: Finding['verdict'], worst: number, remark: string): void {
    const finding = this.findings.get(name)!;
    Object.assign(finding, { verdict, worst, remark, seen: finding.seen + 1, worstAtS: this.nowS() });
    if (verdict === 'broken') finding.breachCount++;
  }

  remark(name: string, remark: string): void {
    this.findings.get(name)!.remark = remark;
  }

  get all(): Finding[] {
    return [...this.findings.values()];
  }

  get broken(): Finding[] {
    return this.all.filter(({ verdict }) => verdict === 'broken');
  }
}
