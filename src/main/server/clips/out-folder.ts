import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { HeraldError } from '../errors';

/**
 * Makes a folder that people named, with those above it. Not `mkdir` with `recursive`: where a file system answers ENOENT below
 * a folder that is there (/proc does), Node takes turns between the two for ever.
 * @throws HeraldError('refused') that names the folder that takes no other, and what to do
 */
export async function makeOutFolder(dir: string): Promise<void> {
  const wanted = resolve(dir);
  let at = await nearestExisting(wanted);
  for (const name of relative(at, wanted).split(sep).filter(Boolean)) {
    const next = join(at, name);
    try {
      await mkdir(next);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Somebody else may have made it meanwhile.
      if (code !== 'EEXIST' || !(await isFolder(next))) throw cannot(wanted, at, WHY[code ?? ''] ?? message);
    }
    at = next;
  }
}

const WHY: Record<string, string> = {
  EACCES: 'may not be written to',
  EPERM: 'may not be written to',
  EROFS: 'cannot be written to',
  ENOSPC: 'has no space left',
  ENOENT: 'takes no folders',
  EEXIST: 'has a file of that name',
  ENAMETOOLONG: 'takes no name of that length',
};

async function nearestExisting(dir: string): Promise<string> {
  for (let at = dir; ; at = dirname(at)) {
    try {
      if ((await stat(at)).isDirectory()) return at;
      throw cannot(dir, at, 'is a file');
    } catch (error) {
      if (error instanceof HeraldError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      // ENOTDIR: something further up is a file, which is found there.
      if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(at) === at)
        throw cannot(dir, at, WHY[code ?? ''] ?? message);
    }
  }
}

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const cannot = (dir: string, at: string, why: string) =>
  new HeraldError('refused', `the folder ${dir} cannot be made: ${at} ${why}. Choose another place.`);
