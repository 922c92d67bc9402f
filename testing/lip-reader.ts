import type { Avatar, I420Picture } from '../src/main/server/avatar/avatar';

export interface LipReading {
  /** Rows between the lips, beyond those of the shadow between closed lips: 0 at rest. */
  openingPx: number;
  /** The lips touch. */
  closed: boolean;
}

/** Where the closed mouth of an idle picture is, and what its lower lip looks like. */
interface RestingMouth {
  centreXPx: number;
  /** The shadow between the lips. */
  lineYPx: number;
  lipLuma: number;
  lipRed: number;
  gapPx: number;
}

/** Columns on each side of the middle: rounded lips are still wider than this. */
const HALF_COLUMNS = 10;
/** As shares of the face box: where a closed mouth is looked for. */
const SEARCH = { left: 0.3, right: 0.72, top: 0.52, bottom: 0.66 };
/** The shadow is this much darker than both lips, and this thick at most. */
const SHADOW_DEPTH = 25;
const SHADOW_REACH_PX = 7;
/** Darker than this share of the lower lip is shadow or the inside of the mouth. */
const DARK_SHARE = 0.66;
/** At least this bright, and about as red as the lip at rest, is lip. Teeth are less red, the tongue is redder or darker. */
const LIP_SHARE = 0.8;
const LIP_LESS_RED = 7;
const LIP_MORE_RED = 13;
const TEETH_LESS_RED = 13;
/** So many rows of lip in a row are the lower lip, and no reflection on the tongue. */
const LIP_ROWS = 5;
const UPPER_LIP_REACH_PX = 12;
const JAW_REACH_PX = 64;
/** Less than this is the blur of a picture, not an opening. */
const CLOSED_BELOW_PX = 2;

/**
 * Reads how far the mouth is open from sent pictures, and from nothing else. In the middle columns of the mouth it walks down
 * from the upper lip: the inside of a mouth begins with a shadow and ends where something as bright and as red as the lower
 * lip begins and goes on. What lies between (dark, teeth, tongue) is the opening. Place, brightness and redness of the lips,
 * and the thickness of the shadow between closed ones, are taken from the avatar's own picture of the same index, which the
 * head of the spoken picture shares.
 */
export class LipReader {
  private constructor(private readonly resting: RestingMouth[]) {}

  /** @throws when an idle picture shows no closed mouth in its face box */
  static async open(avatar: Avatar): Promise<LipReader> {
    const resting: RestingMouth[] = [];
    for (let index = 0; index < avatar.pictureCount; index++) {
      resting.push(findResting(await avatar.picture(index), avatar.faceBox(index)));
    }
    return new LipReader(resting);
  }

  read(picture: I420Picture, index: number): LipReading {
    const mouth = this.resting[index]!;
    const openingPx = Math.max(0, gapPx(picture, mouth) - mouth.gapPx);
    return { openingPx, closed: openingPx < CLOSED_BELOW_PX };
  }
}

function findResting(picture: I420Picture, box: ReturnType<Avatar['faceBox']>): RestingMouth {
  const { luma } = pixels(picture);
  const column = (share: number) => Math.round(box.xPx + share * box.widthPx);
  const row = (share: number) => Math.round(box.yPx + share * box.heightPx);
  const line: { x: number; y: number }[] = [];
  for (let x = column(SEARCH.left); x < column(SEARCH.right); x++) {
    let deepest = { y: 0, depth: SHADOW_DEPTH };
    for (let y = row(SEARCH.top); y < row(SEARCH.bottom); y++) {
      const depth = Math.min(luma(x, y - SHADOW_REACH_PX), luma(x, y + SHADOW_REACH_PX)) - luma(x, y);
      if (depth > deepest.depth) deepest = { y, depth };
    }
    if (deepest.y > 0) line.push({ x, y: deepest.y });
  }
  if (line.length < 4 * HALF_COLUMNS) throw new Error('no closed mouth found in an idle picture');
  const centreXPx = Math.round((line[0]!.x + line.at(-1)!.x) / 2);
  const middle = line.filter(({ x }) => Math.abs(x - centreXPx) <= HALF_COLUMNS).map(({ y }) => y);
  const lineYPx = median(middle);
  const lip = brightestBelow(picture, centreXPx, lineYPx);
  const mouth = { centreXPx, lineYPx, ...lip, gapPx: 0 };
  return { ...mouth, gapPx: gapPx(picture, mouth) };
}

/** The lower lip where the light falls on it. */
function brightestBelow(picture: I420Picture, x: number, lineYPx: number): { lipLuma: number; lipRed: number } {
  const { luma, red } = pixels(picture);
  let best = { lipLuma: 0, lipRed: 0 };
  for (let y = lineYPx; y < lineYPx + 2 * SHADOW_REACH_PX; y++) {
    if (luma(x, y) > best.lipLuma) best = { lipLuma: luma(x, y), lipRed: red(x, y) };
  }
  return best;
}

/** Rows from the upper lip's edge to the lower lip's, mean of the middle columns. */
function gapPx(picture: I420Picture, { centreXPx, lineYPx, lipLuma, lipRed }: Omit<RestingMouth, 'gapPx'>): number {
  const { luma, red } = pixels(picture);
  const isDark = (x: number, y: number) => luma(x, y) < DARK_SHARE * lipLuma;
  const isTeeth = (x: number, y: number) => red(x, y) < lipRed - TEETH_LESS_RED;
  const isLip = (x: number, y: number) =>
    luma(x, y) >= LIP_SHARE * lipLuma && red(x, y) >= lipRed - LIP_LESS_RED && red(x, y) <= lipRed + LIP_MORE_RED;
  let sum = 0;
  for (let x = centreXPx - HALF_COLUMNS; x <= centreXPx + HALF_COLUMNS; x++) {
    let top = lineYPx - UPPER_LIP_REACH_PX;
    const lowestTop = lineYPx + UPPER_LIP_REACH_PX;
    while (top < lowestTop && !isDark(x, top) && !(top >= lineYPx && isTeeth(x, top))) top++;
    let bottom = top;
    for (let lipRows = 0; lipRows < LIP_ROWS && bottom < lineYPx + JAW_REACH_PX; bottom++) {
      lipRows = isLip(x, bottom) ? lipRows + 1 : 0;
    }
    sum += bottom - LIP_ROWS - top;
  }
  return sum / (2 * HALF_COLUMNS + 1);
}

function pixels({ widthPx, heightPx, data }: I420Picture) {
  const redAt = (widthPx * heightPx * 5) / 4;
  return {
    luma: (x: number, y: number) => data[y * widthPx + x]!,
    /** Cr, the V plane. */
    red: (x: number, y: number) => data[redAt + (y >> 1) * (widthPx >> 1) + (x >> 1)]!,
  };
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
