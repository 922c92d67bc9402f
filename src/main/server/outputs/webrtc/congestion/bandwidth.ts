import type { Arrival } from './arrivals';
import { Backlog } from './backlog';
import { DelayTrend } from './delay-trend';
import { PacketTrain } from './packet-train';

export interface BandwidthLimits {
  startBps: number;
  floorBps: number;
  /** Beyond it nobody needs to know how much more there would be. */
  ceilingBps: number;
}

/** Why the estimate fell last. */
export type Cause = 'delay' | 'loss' | 'receiver' | 'silence';

/** draft-ietf-rmcat-gcc-02 section 6: below 2 % loss is no sign of anything, from 10 % on it is one of congestion. */
const HARMLESS_LOSS = 0.02;
const HEAVY_LOSS = 0.1;
/** Where no queue stands, that much may still be the radio's doing. */
const HEAVY_LOSS_WITHOUT_QUEUE = 0.2;
/** Section 5.5: what is sent after an overuse, as a share of what came through. */
const BACK_OFF = 0.85;
/** Until a long queue is gone it must be fed slowly. */
const DRAIN = 0.6;
/** Where no more than this share of what is sent comes through, the first reports of a queue are enough. */
const FLOODED_BELOW = 0.6;
const DRAIN_ABOVE_MS = 300;
/** A quarter more every half second: from 250 kbit/s to 2.5 Mbit/s in 5 s. */
const GROWTH_PER_S = Math.log(1.25) / 0.5;
/** Where the last overuse was, one goes slowly. */
const CAREFUL_GROWTH_PER_S = Math.log(1.1);
const NEAR_CAPACITY = { from: 0.8, to: 1.15 };
/** Section 5.5: more than this was never seen to come through. */
const MOST_OF_RECEIVED = 1.5;
const UNPROVEN_BELOW = 0.7;

const RATE_WINDOW_MS = 500;
const LOSS_WINDOW_MS = 500;
const LOSS_WINDOW_PACKETS = 40;
const OBVIOUS_LOSSES = 12;
const OBVIOUS_LOSS = 0.3;
const QUIET_QUEUE_MS = 25;
const LONG_QUEUE_MS = 60;
const DRAINS_WITHIN_MS = 3_000;
/** How long a decision takes to show in what is reported, beside the round trip. */
const REACTION_MS = 200;
/** After a fall packets are watched for so long: a queue of ours becomes shorter, a way that became longer does not. */
const JUDGE_MS = 1_000;
/** Less than this share of what should have drained means that it was none. */
const DRAINED_SHARE = 0.3;
/** Where no more than this share of the rate was left for draining (a keyframe came), nothing can be told yet. */
const LEAST_DRAIN = 0.08;
/** Packets of this age that nobody reported on, though reports come: they stand in a queue. */
const OVERDUE_MS = 500;
/** An opinion of the receiver's (REMB) that is older counts no more. */
const REMB_LASTS_MS = 5_000;
const REMB_BORNE_OUT_BY_RTT_MS = 100;
/** Without transport-wide feedback for so long, receiver reports are all there is. */
const FEEDBACK_LASTS_MS = 2_000;
const QUEUE_BY_RTT_MS = 300;
/** One slow answer is a busy process; reports come about every second. */
const SLOW_REPORTS = 3;

/**
 * What one peer's network carries, after draft-ietf-rmcat-gcc-02: it falls to a share of what came through when a queue grows on
 * the way or much is lost, and grows otherwise, slowly where it fell last and quickly elsewhere. Transport-wide feedback tells
 * the most; receiver reports (RFC 3550) and REMB (draft-alvestrand-rmcat-remb-03) serve those who have nothing else. Synchronous:
 * time is what is given. Rates are of whole IP packets, in bits per second.
 */
export class BandwidthEstimate {
  private readonly trend = new DelayTrend();
  private readonly backlog = new Backlog();
  private readonly train = new PacketTrain();
  private readonly received: { atMs: number; bytes: number }[] = [];
  private readonly sending: { atMs: number; bytes: number }[] = [];
  private tally = { received: 0, lost: 0, sinceMs: Number.NaN };
  private target: number;
  private capacityBps: number | undefined;
  /** From a decision on, until the queue is gone; what is longer without one is the way itself. */
  private queueIsOurs = false;
  private judged: { sinceMs: number; queueMs: number | undefined; carriedBps: number; bytes: number } | undefined;
  private decidedMs = Number.NEGATIVE_INFINITY;
  private grownMs: number | undefined;
  private feedbackMs = Number.NEGATIVE_INFINITY;
  private receiverSays: { bps: number; atMs: number } | undefined;
  private slowReports = 0;
  private shortestRttMs = Number.POSITIVE_INFINITY;
  /** Share of packets lost, over the last half second or report. */
  lossFraction = 0;
  rttMs: number | undefined;
  cause: Cause | undefined;
  /** A queue fills many times faster than it empties: whatever is sent now, sound too, comes late. */
  onFlood: () => void = () => {};

  constructor(private readonly limits: BandwidthLimits) {
    this.target = limits.startBps;
  }

  targetBps(nowMs: number): number {
    const { receiverSays } = this;
    const heard = receiverSays && nowMs - receiverSays.atMs < REMB_LASTS_MS && this.somethingIsWrong;
    return Math.max(this.limits.floorBps, Math.min(this.target, heard ? receiverSays.bps : Number.POSITIVE_INFINITY));
  }

  /** How much longer packets take than they need to, ms. */
  get queueMs(): number {
    return Math.max(0, this.trend.queueMs);
  }

  /**
   * What came through in the last half second; 0 while that is not known. Not more than was sent: a receiver that was held up
   * reads a second's packets in a moment.
   */
  get receivedBps(): number {
    return Math.min(rateOf(this.received), rateOf(this.sending));
  }

  sent(bytes: number, nowMs: number): void {
    remember(this.sending, nowMs, bytes);
  }

  /** A transport-wide report. */
  arrivals(arrivals: readonly Arrival[], nowMs: number): void {
    this.feedbackMs = nowMs;
    this.backlog.add(arrivals, this.trend.shortestMs);
    const trainBps = this.train.add(arrivals, this.trend.shortestMs);
    for (const { sentMs, arrivedMs, bytes } of arrivals) {
      if (arrivedMs !== undefined) {
        this.trend.add(sentMs, arrivedMs);
        remember(this.received, arrivedMs, bytes);
        if (this.judged && sentMs >= this.judged.sinceMs + REACTION_MS) this.judged.bytes += bytes;
      }
      // What was sent before the last decision tells of the time before it.
      if (sentMs < this.decidedMs + REACTION_MS / 2) continue;
      if (Number.isNaN(this.tally.sinceMs)) this.tally.sinceMs = sentMs;
      if (arrivedMs === undefined) this.tally.lost++;
      else this.tally.received++;
    }
    if (this.queueMs < QUIET_QUEUE_MS) this.queueIsOurs = false;
    this.judge(arrivals.at(-1)?.sentMs ?? 0);
    const loss = this.tallied(arrivals.at(-1)?.sentMs ?? nowMs);
    if (loss !== undefined) this.lossFraction = loss;
    const heavy = this.queueMs < QUIET_QUEUE_MS ? HEAVY_LOSS_WITHOUT_QUEUE : HEAVY_LOSS;
    const carriedBps = trainBps ?? this.backlog.carriedBps;
    const flooded = carriedBps !== undefined && carriedBps < rateOf(this.sending) * FLOODED_BELOW;
    if (flooded && this.mayDecide(nowMs)) {
      this.fall('delay', carriedBps * DRAIN, nowMs, carriedBps);
      this.onFlood();
    } else if (loss !== undefined && loss > heavy) {
      this.fall('loss', (this.receivedBps || this.target * (1 - loss)) * (1 - loss / 2), nowMs);
    } else if (this.mayDecide(nowMs) && (this.trend.rising || (this.queueIsOurs && this.queueMs > DRAIN_ABOVE_MS))) {
      this.fall('delay', (this.receivedBps || this.target) * (this.queueMs > DRAIN_ABOVE_MS ? DRAIN : BACK_OFF), nowMs);
    } else this.grow(nowMs);
  }

  /**
   * Nothing reported on yet though it was sent this long ago, while media flows: the reports, or what they are about, stand in a
   * queue. Call now and then with the age of the newest packet that was reported on.
   */
  overdue(ageMs: number, nowMs: number): void {
    if (ageMs < OVERDUE_MS + (this.rttMs ?? 0) || !this.mayDecide(nowMs)) return;
    this.fall('silence', (this.receivedBps || this.target) * DRAIN, nowMs);
  }

  /** A receiver report of the video, with the round trip that it tells. */
  report(fractionLost: number, rttMs: number | undefined, nowMs: number): void {
    if (rttMs !== undefined) {
      this.rttMs = rttMs;
      this.shortestRttMs = Math.min(this.shortestRttMs, rttMs);
    }
    if (nowMs - this.feedbackMs < FEEDBACK_LASTS_MS) return;
    this.lossFraction = fractionLost;
    if (rttMs !== undefined) this.slowReports = rttMs > this.shortestRttMs + QUEUE_BY_RTT_MS ? this.slowReports + 1 : 0;
    const sentBps = rateOf(this.sending);
    if (fractionLost > HEAVY_LOSS) this.fall('loss', sentBps * (1 - fractionLost) * (1 - fractionLost / 2), nowMs);
    else if (this.slowReports >= SLOW_REPORTS && this.mayDecide(nowMs)) this.fall('delay', sentBps * BACK_OFF, nowMs);
    else this.grow(nowMs);
  }

  /** REMB. */
  receiver(bps: number, nowMs: number): void {
    this.receiverSays = { bps, atMs: nowMs };
    if (bps < this.target) this.cause = 'receiver';
  }

  /** aiortc's estimator takes a busy Python process for a full network: what it says counts when something else bears it out. */
  private get somethingIsWrong(): boolean {
    const slow = this.rttMs !== undefined && this.rttMs > this.shortestRttMs + REMB_BORNE_OUT_BY_RTT_MS;
    return slow || this.lossFraction > HARMLESS_LOSS;
  }

  private mayDecide(nowMs: number): boolean {
    return nowMs - this.decidedMs >= REACTION_MS + (this.rttMs ?? 0);
  }

  private fall(cause: Cause, toBps: number, nowMs: number, receivedBps = this.receivedBps): void {
    this.capacityBps = receivedBps || undefined;
    this.target = Math.max(this.limits.floorBps, Math.min(this.target, toBps));
    if (receivedBps > this.target) {
      this.judged ??= { sinceMs: nowMs, queueMs: undefined, carriedBps: receivedBps, bytes: 0 };
    }
    this.cause = cause;
    this.queueIsOurs = true;
    this.decidedMs = this.grownMs = nowMs;
    this.tally = { received: 0, lost: 0, sinceMs: Number.NaN };
    this.trend.restart();
    this.backlog.restart();
    this.train.restart();
  }

  /** Was it right to fall? Told by packets that were sent after it. */
  private judge(newestSentMs: number): void {
    const { judged } = this;
    if (!judged || newestSentMs < judged.sinceMs + REACTION_MS) return;
    judged.queueMs ??= this.queueMs;
    if (newestSentMs < judged.sinceMs + REACTION_MS + JUDGE_MS) return;
    this.judged = undefined;
    if (judged.queueMs < QUIET_QUEUE_MS) return;
    // What was decided is not always what is sent: a rendition begins with a keyframe, and what was lost is sent again.
    const sentBps = (judged.bytes * 8_000) / (newestSentMs - judged.sinceMs - REACTION_MS);
    const drainPerMs = 1 - sentBps / judged.carriedBps;
    if (drainPerMs < LEAST_DRAIN) {
      this.judged = { ...judged, sinceMs: newestSentMs - REACTION_MS, queueMs: this.queueMs, bytes: 0 };
      return;
    }
    const due = Math.min(judged.queueMs, drainPerMs * JUDGE_MS);
    if (judged.queueMs - this.queueMs >= due * DRAINED_SHARE) return;
    this.trend.rebase();
    this.backlog.restart();
    this.queueIsOurs = false;
    this.capacityBps = undefined;
  }

  private grow(nowMs: number): void {
    const seconds = Math.min(0.5, (nowMs - (this.grownMs ?? nowMs)) / 1_000);
    this.grownMs = nowMs;
    const delaysKnown = nowMs - this.feedbackMs < FEEDBACK_LASTS_MS;
    // The trend looks back at whole tenths of a second of sending, which take long to come out of a queue that has just filled.
    const queueMs = delaysKnown ? Math.max(this.queueMs, this.backlog.depthMs) : this.queueMs;
    const quiet = delaysKnown && this.queueMs < QUIET_QUEUE_MS && queueMs < LONG_QUEUE_MS;
    if (this.lossFraction > HARMLESS_LOSS && !quiet) return;
    if (queueMs > LONG_QUEUE_MS && nowMs - this.decidedMs < DRAINS_WITHIN_MS) return;
    const carriedBps = this.receivedBps || rateOf(this.sending);
    // What comes through without a queue is carried, whatever was thought before.
    if (quiet) this.target = Math.max(this.target, Math.min(carriedBps, this.limits.ceilingBps));
    if (this.target > (this.capacityBps ?? Number.POSITIVE_INFINITY) * NEAR_CAPACITY.to) this.capacityBps = undefined;
    const near = this.target > (this.capacityBps ?? Number.POSITIVE_INFINITY) * NEAR_CAPACITY.from;
    // It is sent less than it could be (a still picture, others who are slower): nothing can be seen of what would fit, and
    // the only way to know is to try.
    const unproven = carriedBps > 0 && carriedBps < this.target * UNPROVEN_BELOW;
    const grown = this.target * Math.exp((near || unproven ? CAREFUL_GROWTH_PER_S : GROWTH_PER_S) * seconds);
    const most = unproven ? this.limits.ceilingBps : Math.min(this.limits.ceilingBps, carriedBps * MOST_OF_RECEIVED);
    this.target = Math.max(this.target, Math.min(grown, most));
  }

  /** The loss of the packets so far, once they are enough to tell; they are counted anew then. */
  private tallied(newestSentMs: number): number | undefined {
    const { received, lost, sinceMs } = this.tally;
    const total = received + lost;
    const loss = lost / Math.max(1, total);
    const whole = total >= LOSS_WINDOW_PACKETS && newestSentMs - sinceMs >= LOSS_WINDOW_MS;
    if (!whole && !(lost >= OBVIOUS_LOSSES && loss >= OBVIOUS_LOSS)) return undefined;
    this.tally = { received: 0, lost: 0, sinceMs: Number.NaN };
    return loss;
  }
}

function remember(window: { atMs: number; bytes: number }[], atMs: number, bytes: number): void {
  window.push({ atMs, bytes });
  while (window.length > 0 && window[0]!.atMs < atMs - RATE_WINDOW_MS) window.shift();
}

/** Bits per second over the window; 0 while it is too short to tell. */
function rateOf(window: readonly { atMs: number; bytes: number }[]): number {
  const spanMs = (window.at(-1)?.atMs ?? 0) - (window[0]?.atMs ?? 0);
  if (spanMs < RATE_WINDOW_MS / 2) return 0;
  let bytes = 0;
  for (const packet of window) bytes += packet.bytes;
  return (bytes * 8_000) / spanMs;
}
