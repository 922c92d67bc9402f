import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HeraldError } from '../errors';
import type { AvatarLibrary } from './library';

export interface AvatarRemovalOptions {
  avatars: Pick<AvatarLibrary, 'folderOf' | 'withdraw'>;
  /** `<data>/avatars`: only what lies here is ours to delete. */
  avatarsDir: string;
  /** Who appears where nobody was chosen. */
  defaultAvatar: string;
  /** Who else needs it, as the end of a sentence ("a clip of it is being made"). */
  neededBy(id: string): string | undefined;
  /** Puts it into the system's trash, where there is one. */
  trash?(path: string): Promise<void>;
}

/** Deletes imported avatars. */
export class AvatarRemoval {
  constructor(private readonly options: AvatarRemovalOptions) {}

  /** Whether it is ours to delete. Somebody may still need it for a while. */
  isRemovable(id: string): boolean {
    const { avatars, avatarsDir, defaultAvatar } = this.options;
    const folder = avatars.folderOf(id);
    return folder !== undefined && dirname(folder) === avatarsDir && id !== defaultAvatar;
  }

  /** @throws HeraldError('not-found'); ('refused') that says why it has to stay */
  async remove(id: string): Promise<void> {
    const { avatars, avatarsDir, defaultAvatar, neededBy, trash } = this.options;
    const folder = avatars.folderOf(id);
    if (folder === undefined) throw new HeraldError('not-found', `there is no avatar "${id}"; /api/avatars lists them`);
    const refuse = (why: string) => new HeraldError('refused', `${id} stays: ${why}`);
    if (dirname(folder) !== avatarsDir) throw refuse('it was not imported here, and is not deleted from here');
    if (id === defaultAvatar) {
      throw refuse('it appears where nobody else is chosen. Make another one the default first (--avatar_id)');
    }
    const needed = neededBy(id) ?? (await avatars.withdraw(id));
    if (needed !== undefined) throw refuse(needed);
    if (trash) return trash(folder);
    // Gone from the library at once, whole, however long its files take. The name is no avatar's: it begins with a dot.
    const going = join(avatarsDir, `.deleted-${basename(folder)}-${randomBytes(4).toString('hex')}`);
    await rename(folder, going);
    await rm(going, { recursive: true, force: true });
  }
}
