import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from './atomic';

/** The token that was made at first start; made now when there is none. Kept in `<data>/token`, readable by its owner only. */
export function loadOrCreateToken(dataDir: string): string {
  const file = join(dataDir, 'token');
  try {
    const kept = readFileSync(file, 'utf8').trim();
    if (/^[\x21-\x7e]{8,256}$/.test(kept)) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const token = randomBytes(18).toString('base64url');
  writeFileAtomic(file, `${token}\n`);
  return token;
}
