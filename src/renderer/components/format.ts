/** Figures as people read them; the dash of an absent value comes from the dictionary. */
export const formatRate = (fps: number): string => fps.toFixed(1);
export const formatMs = (ms: number): string => `${Math.round(ms)} ms`;
export const formatSignedMs = (ms: number): string => {
  const whole = Math.round(ms);
  return `${whole > 0 ? '+' : whole < 0 ? '−' : '±'}${Math.abs(whole)} ms`;
};
export const formatBitrate = (bps: number): string =>
  bps >= 1_000_000 ? `${(bps / 1_000_000).toFixed(2)} Mbit/s` : `${Math.round(bps / 1_000)} kbit/s`;
/** 0:07, 12:34, 1:02:03. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Decimal units, as file managers and disks count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(bytes > 0 ? 1 : 0, Math.round(bytes / 1_000))} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}
