import { FEATURE_RATE_HZ } from '../src/shared/units';
import { loudnessCurve } from '../testing/opening';
import { loudnessMouth, type Mouth, type Scores, scoresOf, type Take } from './measures';
import type { Spoken } from './speech-set';

export interface SpeechRow {
  group: string;
  voice: string;
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
  lips: Take[];
  loudness: Take[];
  peer: Take[];
}

/** Rows by voice, and one for each group. */
export class SpeechJury {
  private readonly groups = new Map<string, Map<string, Takes>>();

  constructor(private readonly listeners: Listeners) {}

  async hear({ group, voice, samples, labels }: Spoken): Promise<void> {
    const voices = this.groups.get(group) ?? new Map<string, Takes>();
    const takes = voices.get(voice) ?? { lips: [], loudness: [], peer: [] };
    this.groups.set(group, voices.set(voice, takes));
    takes.lips.push({ labels, mouth: await this.listeners.lips(samples) });
    const levels = (['linear', 'dB'] as const).map((scale) => loudnessCurve(samples, FEATURE_RATE_HZ, scale));
    takes.loudness.push({ labels, mouth: loudnessMouth(labels, levels) });
    if (this.listeners.peer) takes.peer.push({ labels, mouth: await this.listeners.peer(samples) });
  }

  /** Every voice, and a group with more than one of them as a whole. */
  rows(): SpeechRow[] {
    return [...this.groups].flatMap(([group, voices]) => {
      const rows = [...voices].map(([voice, takes]) => row(group, voice, takes));
      if (rows.length === 1) return rows;
      const all = [...voices.values()];
      const together = {
        lips: all.flatMap((t) => t.lips),
        loudness: all.flatMap((t) => t.loudness),
        peer: all.flatMap((t) => t.peer),
      };
      return [...rows, row(group, ALL, together)];
    });
  }
}

export const ALL = 'all of them';

const row = (group: string, voice: string, { lips, loudness, peer }: Takes): SpeechRow => ({
  group,
  voice,
  lips: scoresOf(lips),
  loudness: scoresOf(loudness),
  ...(peer.length > 0 ? { peer: scoresOf(peer) } : {}),
});
