import { HeraldError } from '../errors';
import type { Actions, Performance } from './actions';
import type { Avatar } from './avatar';
import { jpegOfPicture } from './jpeg';
import { portraitOfFolder } from './portrait';

/** Wide enough for a tile on a dense screen. */
const SIDE_PX = 240;
/** A server has a dozen performances; a list of hundreds is made anew as it is looked at. */
const MAX_KEPT = 64;
const LIMIT_MS = 10_000;
const MAX_WAITING = 24;

/** The first pictures of performances, and portraits of those who brought none, small. Each is made once; one at a time, as whoever is on air needs the processor more. */
export class PerformanceStills {
  private readonly kept = new Map<string, Promise<Buffer | undefined>>();
  private making: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly avatars: { open(id: string): Promise<Avatar> },
    private readonly actions: Pick<Actions, 'forSession'>,
  ) {}

  /**
   * @returns a JPEG; undefined where this avatar has no such performance
   * @throws HeraldError('limit') when many are being made already
   * @throws Error when its pictures cannot be read
   */
  still(avatar: string, audiotype: number): Promise<Buffer | undefined> {
    return this.keep(`${avatar}/${audiotype}`, () => this.make(avatar, audiotype));
  }

  /**
   * The first picture of a LiveTalking folder, which brings no portrait along.
   * @param stamp changes when another avatar takes the folder's place
   * @throws HeraldError('limit') as above; Error when its pictures cannot be read
   */
  portrait(folder: string, stamp: number): Promise<Buffer | undefined> {
    return this.keep(`${folder}/${stamp}`, () => portraitOfFolder(folder));
  }

  private keep(key: string, make: () => Promise<Buffer | undefined>): Promise<Buffer | undefined> {
    const known = this.kept.get(key);
    if (known) return known;
    if (this.waiting >= MAX_WAITING) throw new HeraldError('limit', 'too many pictures are being made: ask again', 2);
    this.waiting++;
    const made = this.making.then(make).finally(() => this.waiting--);
    this.making = made.catch(() => {});
    this.kept.set(key, made);
    const oldest = this.kept.size > MAX_KEPT ? this.kept.keys().next().value : undefined;
    if (oldest !== undefined) this.kept.delete(oldest);
    // What failed may be put right meanwhile.
    made.catch(() => this.kept.delete(key));
    return made;
  }

  private async make(id: string, audiotype: number): Promise<Buffer | undefined> {
    const avatar = await this.avatars.open(id);
    try {
      const all = await this.actions.forSession(avatar);
      const performance = all.find((one) => one.audiotype === audiotype);
      return performance && (await firstStill(performance, avatar));
    } finally {
      avatar.release();
    }
  }
}

/** In the shape of the avatar, as it will stand on stage. */
async function firstStill(performance: Performance, { widthPx, heightPx }: Avatar): Promise<Buffer> {
  const scale = SIDE_PX / Math.max(widthPx, heightPx);
  const even = (px: number) => Math.max(2, 2 * Math.round((px * scale) / 2));
  const size = { widthPx: even(widthPx), heightPx: even(heightPx) };
  for await (const { picture } of performance.steps(size, AbortSignal.timeout(LIMIT_MS))) {
    return await jpegOfPicture(picture);
  }
  throw new Error('holds no pictures');
}
