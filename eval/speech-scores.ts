import { FEATURE_RATE_HZ } from '../src/shared/units';
import { loudnessCurve } from '../testing/opening';
import { loudnessMouth, type Mouth, type Scores, scoresOf, type Take } from './measures';
import type { Spoken } from './speech-set';

export interface SpeechRow {
  group: string;
  voice: string;
  /** See Spoken. */
  warped: boolean;
  lips: Scores;
  /** Of a mouth that only knows how loud it is. */
  loudness: Scores;
  peer?: Scores;
}

export interface Listeners {
  lips(samples: Float32Array): Promise<Mouth>;
  peer?: ((samples: Float32Array) => Promise<Mouth>) | undefined;
}

interface Takes {
  warped: boolean;
  lips: Take[];
  loudness: Take[];
  peer: Take[];
}

/** Rows by voice, and one for each group. */
export class SpeechJury {
  private readonly groups = new Map<string, Map<string, Takes>>();

  constructor(private readonly listeners: Listeners) {}

  async hear({ group, voice, samples, labels, warped }: Spoken): Promise<void> {
    const voices = this.groups.get(group) ?? new Map<string, Takes>();
    const takes = voices.get(voice) ?? { warped, lips: [], loudness: [], peer: [] };
    this.groups.set(group, voices.set(voice, takes));
    takes.lips.push({ labels, mouth: await this.listeners.lips(samples) });
    const levels = (['linear', 'dB'] as const).map((scale) => loudnessCurve(samples, FEATURE_RATE_HZ, scale));
    takes.loudness.push({ labels, mouth: loudnessMouth(labels, levels) });
    if (this.listeners.peer) takes.peer.push({ labels, mouth: await this.listeners.peer(samples) });
  }

  /** Every voice, and a group with more than one of them as a whole; but people are one by one, whose times are not found the same way. */
  rows(): SpeechRow[] {
    return [...this.groups].flatMap(([group, voices]) => {
      const rows = [...voices].map(([voice, takes]) => row(group, voice, takes));
      if (rows.length === 1 || group === PEOPLE) return rows;
      const all = [...voices.values()];
      const together = {
        warped: all.some((t) => t.warped),
        lips: all.flatMap((t) => t.lips),
        loudness: all.flatMap((t) => t.loudness),
        peer: all.flatMap((t) => t.peer),
      };
      return [...rows, row(group, ALL, together)];
    });
  }
}

export const ALL = 'all of them';
export const PEOPLE = 'people';

const row = (group: string, voice: string, { warped, lips, loudness, peer }: Takes): SpeechRow => ({
  group,
  voice,
  warped,
  lips: scoresOf(lips),
  loudness: scoresOf(loudness),
  ...(peer.length > 0 ? { peer: scoresOf(peer) } : {}),
});
