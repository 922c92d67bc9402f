import { mkdir, statfs } from 'node:fs/promises';
import { say } from '../../../shared/told';
import { HeraldError } from '../errors';

/** Left free for recordings and for whatever else lives on the disk. */
export const SPARE_BYTES = 500 * 1e6;

/** @throws HeraldError('refused') unless so much more fits into the folder, which is made */
export async function checkRoom(dir: string, bytes: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  const mb = (count: number) => Math.ceil(count / 1e6);
  throw new HeraldError('refused', say('import.noRoom', { needed: mb(bytes), free: mb(free), keep: mb(SPARE_BYTES) }));
}

/** What the file system said while something was stored, and what to do about it. */
export function storeProblem(error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException)?.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new HeraldError('refused', say('import.full'));
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new HeraldError('refused', say('import.noPermission'));
    default:
      return error;
  }
}
