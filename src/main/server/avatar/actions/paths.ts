import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';

export interface PathRules {
  /** Where a relative path is looked for, in this order. */
  bases: readonly string[];
  /** The only folders that may be reached, links followed. Undefined: the whole machine (a file that its owner wrote). */
  within?: readonly string[];
}

/**
 * The file or folder that a configuration names, with links resolved.
 * @throws Error with what is wrong, as the end of a sentence. What lies outside the allowed folders is refused before the disk is
 *   asked, so that nobody learns what is there.
 */
export async function findPath(given: string, { bases, within }: PathRules): Promise<string> {
  if (given.includes('\0')) throw new Error('is no path');
  const roots = within && (await Promise.all(within.map(async (root) => (await real(root)) ?? resolve(root))));
  const lexical = within && roots && [...roots, ...within.map((root) => resolve(root))];
  const candidates = isAbsolute(given) ? [resolve(given)] : bases.map((base) => resolve(base, given));
  const allowed = candidates.filter((path) => !lexical || lexical.some((root) => holds(root, path)));
  for (const path of allowed) {
    const found = await real(path);
    if (found === undefined) continue;
    if (!roots || roots.some((root) => holds(root, found))) return found;
    allowed.length = 0; // a link that leads out
    break;
  }
  if (allowed.length > 0) throw new Error('was not found');
  throw new Error(
    'lies outside the folder for actions; put it into "actions" of the data folder and name it from there',
  );
}

const real = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);

function holds(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
}
