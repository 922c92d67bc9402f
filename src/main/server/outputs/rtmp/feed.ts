import { msToSamples, samplesToMs } from '../../../../shared/units';
import type { EncodedPacket } from '../output';
import type { FlvPacket } from './messages';

/** A far end that is this much behind gets nothing more until it has caught up to the second figure, then a keyframe first. */
const MOST_BEHIND_SAMPLES = msToSamples(2_000);
const CAUGHT_UP_SAMPLES = msToSamples(500);
/** Sound comes before its picture; it waits for a keyframe that comes within a third of a second, or for a far end to catch up. */
const MAX_HELD_PACKETS = 150;

/**
 * What of the program goes into one connection after the other: each begins with a keyframe, at 0, with the sound that belongs to
 * it. When the far end is slow, packets are left out up to the next keyframe rather than queued, and counted.
 */
export class Feed {
  private open = false;
  /** A keyframe must come first. */
  private waiting = true;
  private originSamples: number | undefined;
  /** Where it began, or went on after a gap. */
  private resumedSamples = 0;
  private held: EncodedPacket[] = [];
  /** Times of packets that were sent and have not left yet, in order; the session's clock. */
  private readonly onTheWay: number[] = [];
  private newestSamples = 0;
  private asked = false;
  droppedPictures = 0;
  droppedSounds = 0;

  constructor(
    private readonly send: (packet: FlvPacket) => void,
    private readonly requestKeyframe: () => void,
  ) {}

  /** How much of the program is on its way to the far end. */
  get backlogMs(): number {
    return samplesToMs(this.backlogSamples);
  }

  /** There is a new connection, empty. */
  begin(): void {
    this.end();
    this.open = true;
    this.requestKeyframe();
  }

  /** There is none any more. */
  end(): void {
    this.open = false;
    this.waiting = true;
    this.asked = false;
    this.originSamples = undefined;
    this.held = [];
    this.onTheWay.length = 0;
  }

  /** So many packets have left. */
  left(packets: number): void {
    this.onTheWay.splice(0, packets);
    if (!this.waiting || this.asked || this.originSamples === undefined) return;
    if (this.backlogSamples > CAUGHT_UP_SAMPLES) return;
    this.asked = true;
    this.requestKeyframe();
  }

  video(packet: EncodedPacket): void {
    if (!this.open) return;
    if (!this.waiting && this.backlogSamples > MOST_BEHIND_SAMPLES) this.waiting = true;
    if (this.waiting && !this.resume(packet)) {
      // Before the first keyframe there is nothing that could be missed.
      if (this.originSamples !== undefined) this.droppedPictures++;
      return;
    }
    this.put('video', packet);
  }

  audio(packet: EncodedPacket): void {
    if (!this.open) return;
    if (!this.waiting) {
      // Its encoder holds sound back for longer than pictures take.
      if (packet.ptsSamples >= this.resumedSamples) this.put('audio', packet);
      return;
    }
    this.held.push(packet);
    if (this.held.length <= MAX_HELD_PACKETS) return;
    this.held.shift();
    if (this.originSamples !== undefined) this.droppedSounds++;
  }

  /** A keyframe begins the connection, or goes on with it after a gap, together with the sound from there on. */
  private resume({ keyframe, ptsSamples }: EncodedPacket): boolean {
    if (!keyframe || this.backlogSamples > CAUGHT_UP_SAMPLES) return false;
    const sound = this.held;
    this.held = [];
    this.waiting = false;
    this.asked = false;
    this.resumedSamples = ptsSamples;
    const gap = this.originSamples !== undefined;
    this.originSamples ??= ptsSamples;
    for (const packet of sound) {
      if (packet.ptsSamples >= ptsSamples) this.put('audio', packet);
      else if (gap) this.droppedSounds++;
    }
    return true;
  }

  private put(kind: FlvPacket['kind'], { data, ptsSamples, durationSamples, keyframe }: EncodedPacket): void {
    this.onTheWay.push(ptsSamples);
    this.newestSamples = Math.max(this.newestSamples, ptsSamples);
    this.send({ kind, data, ptsSamples: ptsSamples - this.originSamples!, durationSamples, keyframe });
  }

  private get backlogSamples(): number {
    const [oldest] = this.onTheWay;
    return oldest === undefined ? 0 : this.newestSamples - oldest;
  }
}
