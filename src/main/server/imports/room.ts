import { mkdir, statfs } from 'node:fs/promises';
import { HeraldError } from '../errors';

/** Left free for recordings and for whatever else lives on the disk. */
export const SPARE_BYTES = 500 * 1e6;

/** @throws HeraldError('refused') unless so much more fits into the folder, which is made */
export async function checkRoom(dir: string, bytes: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  const mb = (count: number) => `${Math.ceil(count / 1e6)} MB`;
  throw new HeraldError(
    'refused',
    `there is no room for it: it takes ${mb(bytes)}, ${mb(free)} are free and ${mb(SPARE_BYTES)} stay so. Delete something, ` +
      'or choose another disk with --data.',
  );
}

/** What the file system said while something was stored, and what to do about it. */
export function storeProblem(error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException)?.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new HeraldError('refused', 'the disk is full: delete something, or choose another disk with --data');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new HeraldError('refused', "Herald's data folder cannot be written to: change its permissions");
    default:
      return error;
  }
}
