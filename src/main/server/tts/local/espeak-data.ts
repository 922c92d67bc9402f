import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fault } from './fault';

/** What sherpa-onnx checks for before it starts espeak-ng on a folder. */
const NEEDED = ['phontab', 'phonindex', 'phondata', 'intonations'];
const PACKAGE = '@echogarden/espeak-ng-emscripten';
/** In Emscripten's glue: `{filename:"/usr/share/espeak-ng-data/af_dict",start:0,end:121473}`. */
const PACKED = /filename:"\/usr\/share\/espeak-ng-data\/([^"]+)",start:(\d+),end:(\d+)/g;
const SYSTEM = ['/usr/share/espeak-ng-data', '/usr/local/share/espeak-ng-data', '/opt/homebrew/share/espeak-ng-data'];

/** So that two at the same time do not work in one folder. */
let nextCopy = 0;

const isComplete = (dir: string) => NEEDED.every((file) => existsSync(join(dir, file)));

/**
 * A folder with espeak-ng's phonemes and dictionaries, which turn text into what most voices read. The offline voice has them in
 * one file; they are unpacked once (24 MB). Without it, the machine's own espeak-ng serves.
 * @throws ProviderError saying what to install
 */
export async function espeakDataDir(cacheDir: string): Promise<string> {
  const unpacked = join(cacheDir, 'espeak-ng-data');
  if (isComplete(unpacked)) return unpacked;
  let problem: unknown;
  try {
    await unpack(unpacked);
    return unpacked;
  } catch (error) {
    problem = error;
  }
  const system = [...SYSTEM, ...(await debianDirs())].find(isComplete);
  if (system) return system;
  throw fault(
    `the data of espeak-ng, which this voice reads text with, cannot be had (${(problem as Error).message})`,
    `Run npm ci again, or install espeak-ng (apt install espeak-ng-data, brew install espeak-ng), or put an espeak-ng-data ` +
      `folder into the voice's own.`,
    { cause: problem },
  );
}

async function unpack(to: string): Promise<void> {
  const packageDir = dirname(createRequire(import.meta.url).resolve(PACKAGE));
  const glue = await readFile(join(packageDir, 'espeak-ng.js'), 'utf8');
  const files = [...glue.matchAll(PACKED)].map(([, path = '', start, end]) => ({
    path,
    start: Number(start),
    end: Number(end),
  }));
  const missing = NEEDED.find((name) => !files.some(({ path }) => path === name));
  if (missing) throw new Error(`${PACKAGE} does not list ${missing}`);
  const workDir = `${to}.${process.pid}-${nextCopy++}.tmp`;
  const data = await open(join(packageDir, 'espeak-ng.data'));
  try {
    for (const { path, start, end } of files) {
      if (path.split('/').includes('..')) throw new Error(`${PACKAGE} names a path outside its folder: ${path}`);
      const bytes = Buffer.alloc(end - start);
      const { bytesRead } = await data.read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) throw new Error(`espeak-ng.data of ${PACKAGE} is cut short`);
      await mkdir(dirname(join(workDir, path)), { recursive: true });
      await writeFile(join(workDir, path), bytes);
    }
    // Another voice, or another process, may have been faster; what is incomplete there is of no use to anybody.
    if (isComplete(to)) return;
    await rm(to, { recursive: true, force: true });
    await rename(workDir, to).catch((error) => {
      if (!isComplete(to)) throw error;
    });
  } finally {
    await data.close();
    await rm(workDir, { recursive: true, force: true }).catch(() => {});
  }
}

/** Debian keeps it with the library: /usr/lib/x86_64-linux-gnu/espeak-ng-data. */
async function debianDirs(): Promise<string[]> {
  const dirs = await readdir('/usr/lib').catch(() => []);
  return dirs.map((dir) => join('/usr/lib', dir, 'espeak-ng-data'));
}
