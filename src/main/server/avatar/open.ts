import { join } from 'node:path';
import type { Settings } from '../../../shared/settings';
import { Actions } from './actions';
import { AvatarLibrary, type AvatarLibraryOptions } from './library';

/** Who appears where nobody was chosen. */
export const DEFAULT_PRESENTER = 'clara';

/** Where both keep what they converted once. */
export const cacheDirOf = (dataDir: string): string => join(dataDir, 'cache', 'pictures');

/** The avatars that these settings reach, beside the presenters that ship. */
export function openAvatars(
  { avatars }: Settings,
  dataDir: string,
  onEvent: NonNullable<AvatarLibraryOptions['onEvent']>,
): AvatarLibrary {
  return new AvatarLibrary({
    dirs: [...(avatars ? [avatars] : []), join(dataDir, 'avatars')],
    cacheDir: cacheDirOf(dataDir),
    onEvent,
  });
}

/** @throws when the file of `--customvideo_config` cannot be used, naming every problem in it. */
export function openActions(
  { customvideo_config: configFile }: Settings,
  dataDir: string,
  onEvent: (kind: 'converted' | 'failed', message: string) => void,
): Promise<Actions> {
  return Actions.open({
    actionsDir: join(dataDir, 'actions'),
    cacheDir: cacheDirOf(dataDir),
    ...(configFile !== undefined && { configFile }),
    onEvent,
  });
}
