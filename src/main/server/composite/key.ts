/** White and black of a matte's luma, limited range; what is nearer to them than a compressed matte is exact counts as them. */
const BLACK = 16;
const SPAN = 219;
const SLACK = 5;

export interface Keying {
  widthPx: number;
  heightPx: number;
  /** Tight I420, of which the luma counts: white where the presenter is. */
  matte: Uint8Array;
  /** Tight I420: what is behind the presenter in the picture. */
  wall: Uint8Array;
  background: { y: number; u: number; v: number };
}

/**
 * Puts another background behind the presenter, in place. A picture is matte x presenter + (1 - matte) x wall; with the wall known, the
 * difference (1 - matte) x (background - wall) is all that has to be added, so that hair and edges keep nothing of the wall.
 * 720x720 takes about 2 ms.
 * @param picture tight I420
 */
export function keyOver(picture: Uint8Array, { widthPx, heightPx, matte, wall, background }: Keying): void {
  const pixels = widthPx * heightPx;
  for (let i = 0; i < pixels; i++) picture[i] = over(picture[i]!, matte[i]!, wall[i]!, background.y);
  const halfWidth = widthPx >> 1;
  const quarter = pixels >> 2;
  for (let row = 0, at = 0; row < heightPx >> 1; row++) {
    let near = row * 2 * widthPx;
    for (let column = 0; column < halfWidth; column++, at++, near += 2) {
      const m = (matte[near]! + matte[near + 1]! + matte[near + widthPx]! + matte[near + widthPx + 1]! + 2) >> 2;
      const u = pixels + at;
      const v = u + quarter;
      picture[u] = over(picture[u]!, m, wall[u]!, background.u);
      picture[v] = over(picture[v]!, m, wall[v]!, background.v);
    }
  }
}

function over(value: number, matte: number, wall: number, background: number): number {
  const away = BLACK + SPAN - matte;
  if (away <= SLACK) return value;
  if (away >= SPAN - SLACK) return background;
  const sum = value + (away * (background - wall)) / SPAN + 0.5;
  return sum < 0 ? 0 : sum > 255 ? 255 : sum | 0;
}
