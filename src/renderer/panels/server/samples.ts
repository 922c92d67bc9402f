import type { LoadFigures } from '../../../shared/server-protocol';
import type { Health } from '../../rtc/server';

/** What the charts show of one second. */
export interface Sample {
  /** CPU time per time: 1 is one core, busy all the while. */
  cpu: number;
  /** The server process alone. */
  ownCpu: number;
  rssBytes: number;
  picturesPerS: number;
  missedPerMin: number;
}

/** A minute of seconds. */
export const SAMPLES = 60;

/** Rates between two readings; null where the server was started anew between them, or time stood still. */
export function sampleBetween(before: LoadFigures, now: LoadFigures): Sample | null {
  const ms = now.atMs - before.atMs;
  const own = now.cpuMs - before.cpuMs;
  const others = (now.childCpuMs ?? 0) - (before.childCpuMs ?? 0);
  const pictures = now.picturesSent - before.picturesSent;
  const missed = now.picturesMissed - before.picturesMissed;
  if (ms <= 0 || own < 0 || others < 0 || pictures < 0 || missed < 0) return null;
  return {
    cpu: (own + others) / ms,
    ownCpu: own / ms,
    rssBytes: now.rssBytes + (now.childRssBytes ?? 0),
    picturesPerS: (pictures * 1_000) / ms,
    missedPerMin: (missed * 60_000) / ms,
  };
}

export interface SessionRate {
  fps: number | null;
  /** Since it began: repeated, or dropped by its encoder. */
  missed: number;
  /** Viewers, recordings and pushes that take its packets. */
  outputs: number;
}

/** What each session sends, between two readings. */
export function sessionRates(before: Health | null, now: Health): Record<string, SessionRate> {
  const ms = before ? now.load.atMs - before.load.atMs : 0;
  return Object.fromEntries(
    Object.entries(now.sessionFigures).map(([id, figures]) => {
      const sent = figures.picturesSent ?? 0;
      const sentBefore = before?.sessionFigures[id]?.picturesSent;
      const usable = ms > 0 && sentBefore !== undefined && sent >= sentBefore;
      return [
        id,
        {
          fps: usable ? ((sent - sentBefore) * 1_000) / ms : null,
          missed: (figures.pictureMisses ?? 0) + (figures.droppedPictures ?? 0),
          outputs: figures.outputs ?? 0,
        },
      ];
    }),
  );
}
