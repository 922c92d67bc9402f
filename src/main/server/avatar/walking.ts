import type { I420Picture } from './avatar';
import type { ClipPictures } from './pictures';

/** The pictures of an opened avatar, as its sessions ask for them. */
export interface AvatarPictures {
  /** False while there is only the first picture: the avatar stands still. */
  readonly canWalk: boolean;
  /** See Avatar.reachPictures. */
  readonly reachPictures: number;
  now(index: number, step?: number): I420Picture | undefined;
  picture(index: number): Promise<I420Picture>;
  /** A session came or left. */
  watchedBy(sessions: number): void;
  close(): Promise<void>;
}

/**
 * The pictures of a folder that is being converted. A viewer must see somebody within 3 s, and a folder of 450 pictures of
 * 1080x1920 takes half a minute: so the first picture is decoded by itself, and the avatar stands on it, and can speak,
 * until the others are there. (Playing what is converted so far would jump each time that the loop grows.) The conversion
 * is lossless, so the walk begins with exactly the picture that was shown.
 */
export class StandingPictures implements AvatarPictures {
  private walking: ClipPictures | undefined;
  private sessions = 0;
  private closed = false;
  /** Rejects when the folder cannot be converted; the avatar goes on standing then. */
  readonly ready: Promise<void>;

  constructor(
    private readonly first: I420Picture,
    converting: Promise<ClipPictures>,
  ) {
    this.ready = converting.then(async (pictures) => {
      // The walk's beginning should be in memory when the walk begins.
      pictures.watchedBy(this.sessions);
      if (this.sessions > 0 && !this.closed) await pictures.picture(0);
      if (this.closed) return pictures.close();
      pictures.watchedBy(this.sessions);
      this.walking = pictures;
    });
    this.ready.catch(() => {}); // whoever wants to know awaits it
  }

  get canWalk(): boolean {
    return this.walking !== undefined;
  }

  get reachPictures(): number {
    return this.walking?.reachPictures ?? 0;
  }

  now(index: number, step?: number): I420Picture | undefined {
    if (this.walking) return this.walking.now(index, step);
    return index === 0 ? this.first : undefined;
  }

  async picture(index: number): Promise<I420Picture> {
    if (!this.walking && index === 0) return this.first;
    await this.ready;
    if (!this.walking) throw new Error('the avatar was closed');
    return this.walking.picture(index);
  }

  watchedBy(sessions: number): void {
    this.sessions = sessions;
    this.walking?.watchedBy(sessions);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.ready.catch(() => {});
    await this.walking?.close();
  }
}
