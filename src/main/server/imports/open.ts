import { join } from 'node:path';
import type { Settings } from '../../../shared/settings';
import type { AvatarLibrary } from '../avatar/library';
import { cacheDirOf } from '../avatar/open';
import type { Log } from '../log';
import { avatarImporter } from './avatar-importer';
import { ImportLibrary } from './library';
import { weightsImporter } from './weights-importer';

/** Imports into these folders. */
export function openImports(
  { models }: Pick<Settings, 'models'>,
  dataDir: string,
  { avatars, log, onWeights }: { avatars: AvatarLibrary; log: Log; onWeights?(name: string): void },
): ImportLibrary {
  return new ImportLibrary({
    dir: join(dataDir, 'imports'),
    importers: {
      avatar: avatarImporter({ avatarsDir: join(dataDir, 'avatars'), cacheDir: cacheDirOf(dataDir), avatars }),
      weights: weightsImporter({
        modelsDir: join(dataDir, 'models'),
        ...(models && { otherDir: models }),
        ...(onWeights && { onImported: onWeights }),
      }),
    },
    log,
  });
}
