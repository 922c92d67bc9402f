export type Playback = 'cycle' | 'pingpong';

/**
 * Which picture is shown at a position of the ever-growing counter. A cycle's last picture leads into its first; ping-pong
 * turns round at both ends without showing an end twice, so the head never stands still for a picture.
 */
export function indexAt(position: number, pictureCount: number, playback: Playback): number {
  if (pictureCount <= 1) return 0;
  if (playback === 'cycle') return position % pictureCount;
  const period = periodOf(pictureCount, playback);
  const phase = position % period;
  return phase < pictureCount ? phase : period - phase;
}

/** Steps until the walk is where it began. */
export function periodOf(pictureCount: number, playback: Playback): number {
  return playback === 'cycle' ? pictureCount : Math.max(1, 2 * pictureCount - 2);
}
