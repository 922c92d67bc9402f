import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file so that a reader, or a crash half-way, sees either the old content or the new one: rename(2) within a folder
 * is atomic. `mode` is the file's permission bits. It waits for the disk, seconds where that is busy: nobody may be on air meanwhile.
 */
export function writeFileAtomic(file: string, content: string, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = temporaryOf(file);
  try {
    writeFileSync(temporary, content, { mode, flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The same for a server at work: the disk is waited for beside the event loop. Whoever writes a file twice lets one end first. */
export async function replaceFile(file: string, content: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = temporaryOf(file);
  try {
    await writeFile(temporary, content, { mode, flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const temporaryOf = (file: string) => `${file}.${randomBytes(6).toString('hex')}.tmp`;
