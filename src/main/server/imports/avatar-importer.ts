import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { importAvatar } from '../avatar/import';
import type { AvatarLibrary } from '../avatar/library';
import { HeraldError } from '../errors';
import type { Importer } from './library';
import { unpackAvatar } from './zip';

export interface AvatarImporterOptions {
  /** `<data>/avatars`. */
  avatarsDir: string;
  /** The library's own. */
  cacheDir: string;
  avatars: Pick<AvatarLibrary, 'folderOf'>;
}

/** How the work is shared out, about as the time is. */
const [UNPACKED, PREPARED] = [0.15, 0.95];

/** A LiveTalking folder, as it is or in a .zip, becomes an avatar of the library. */
export function avatarImporter({ avatarsDir, cacheDir, avatars }: AvatarImporterOptions): Importer {
  return {
    fallbackName: 'avatar',
    isTaken: (name) => avatars.folderOf(name) !== undefined,
    async run(received, name, { signal, onProgress, onStep }) {
      if (received.kind !== 'avatar') throw new HeraldError('malformed', 'this is no avatar');
      let from = 0;
      const dir = received.form === 'folder' ? received.dir : join(dirname(received.file), 'avatar');
      if (received.form === 'zip') {
        onStep('unpack');
        await unpackAvatar(received.file, dir, {
          signal,
          onProgress: (part) => onProgress(UNPACKED * part),
        });
        await rm(received.file);
        from = UNPACKED;
      }
      onStep('prepare');
      const avatar = await importAvatar(dir, name, {
        avatarsDir,
        cacheDir,
        signal,
        move: true,
        onProgress: ({ step, done, total }) => {
          onStep(step);
          onProgress(
            step === 'prepare' ? from + ((PREPARED - from) * done) / total : PREPARED + ((1 - PREPARED) * done) / total,
          );
        },
      });
      const { id, pictureFiles, widthPx, heightPx } = avatar;
      return { kind: 'avatar', avatar: id, pictures: pictureFiles.length, widthPx, heightPx };
    },
  };
}
