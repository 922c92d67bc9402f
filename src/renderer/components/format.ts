/** Figures as people read them; the dash of an absent value comes from the dictionary. */
export const formatRate = (fps: number): string => fps.toFixed(1);
export const formatMs = (ms: number): string => `${Math.round(ms)} ms`;
export const formatSignedMs = (ms: number): string => {
  const whole = Math.round(ms);
  return `${whole > 0 ? '+' : whole < 0 ? '−' : '±'}${Math.abs(whole)} ms`;
};
export const formatBitrate = (bps: number): string =>
  bps >= 1_000_000 ? `${(bps / 1_000_000).toFixed(2)} Mbit/s` : `${Math.round(bps / 1_000)} kbit/s`;
