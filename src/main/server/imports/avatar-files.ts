import { importPath } from '../../../shared/library-protocol';
import { say } from '../../../shared/told';
import { COORDS_FILE } from '../avatar/coords';
import { FACE_DIR, FULL_DIR } from '../avatar/livetalking';
import { HeraldError } from '../errors';

/** Where a file of an uploaded folder belongs: `inside` is the avatar's own folder, '' where its parts lie at the top. */
export interface AvatarFile {
  inside: string;
  /** `full_imgs/00000000.png`, `face_imgs/00000000.png` or `coords.pkl`. */
  part: string;
}

const PART = new RegExp(
  `^(?:((?:[^/]+/){0,2}[^/]+)/)?((?:${FULL_DIR}|${FACE_DIR})/[^/]+\\.(?:png|jpe?g|PNG|JPE?G)|${COORDS_FILE})$`,
);

/**
 * Which part of an avatar a path names; undefined for what no avatar has (previews, latents, notes) and for what systems leave
 * in folders and archives (`.DS_Store`, `__MACOSX/._0.png`, `Thumbs.db`).
 * @throws HeraldError('malformed') for a path that leaves its folder
 */
export function avatarFileOf(path: string): AvatarFile | undefined {
  const checked = importPath.safeParse(path);
  if (!checked.success) {
    throw new HeraldError('malformed', `${JSON.stringify(path.slice(0, 100))} is not a path inside a folder.`);
  }
  if (path.split('/').some((segment) => segment.startsWith('.') || segment === '__MACOSX')) return undefined;
  const [, inside = '', part] = PART.exec(path) ?? [];
  return part === undefined ? undefined : { inside, part };
}

/** The one folder that all parts of an upload are in. */
export class AvatarFolder {
  private inside: string | undefined;

  /** @throws HeraldError('malformed') when there is a second avatar */
  add({ inside }: AvatarFile): void {
    this.inside ??= inside;
    if (inside === this.inside) return;
    const [one, other] = [this.inside, inside].map((folder) => folder || 'the top folder');
    throw new HeraldError('malformed', say('import.twoAvatars', { one: one!, other: other! }));
  }

  /** The last part of its path, '' where it has none of its own. @throws HeraldError('malformed') when there was no avatar */
  get name(): string {
    if (this.inside === undefined) {
      throw new HeraldError('malformed', say('import.noAvatar'));
    }
    return this.inside.split('/').at(-1)!;
  }
}
