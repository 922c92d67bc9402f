/** `90`, `1:30`, `1:30.5` or `1:02:03`, in seconds; undefined for anything else. */
export function parseTimeS(text: string): number | undefined {
  const [, h = '0', m = '0', s] = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:[.,]\d{1,3})?)$/.exec(text.trim()) ?? [];
  if (s === undefined) return undefined;
  const seconds = Number(s.replace(',', '.'));
  // 1:75 is a slip of the pen; 90 by itself is a minute and a half.
  if (text.includes(':') && (seconds >= 60 || (h !== '0' && Number(m) >= 60))) return undefined;
  return Number(h) * 3_600 + Number(m) * 60 + seconds;
}

export interface Part {
  startS?: number;
  endS?: number;
}

/** What two fields ask for; undefined where that is no part of something so long. Empty fields mean beginning and end. */
export function partOf(from: string, to: string, durationMs: number | null): Part | undefined {
  const longestS = durationMs === null ? Number.POSITIVE_INFINITY : durationMs / 1_000;
  const startS = from.trim() === '' ? 0 : parseTimeS(from);
  const endS = to.trim() === '' ? longestS : parseTimeS(to);
  if (startS === undefined || endS === undefined || startS >= Math.min(endS, longestS)) return undefined;
  return { ...(startS > 0 && { startS }), ...(endS < longestS && { endS }) };
}
