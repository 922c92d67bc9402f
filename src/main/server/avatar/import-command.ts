import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSettings } from '../config/load';
import { version } from '../version';
import { type ImportProgress, importAvatar } from './import';

const USAGE = `Copies a LiveTalking avatar (full_imgs, face_imgs, coords.pkl) into Herald's library.

Usage: npm run import-avatar -- FOLDER [--name NAME] [--data DIR]

  --name  name of the avatar in Herald; the folder's own unless given
  --data  Herald's data folder, where it is not the usual one
`;
const BAR_WIDTH = 30;
const STEPS: Record<ImportProgress['step'], string> = { prepare: 'preparing pictures', copy: 'copying files' };

/** `npm run import-avatar`: exit code 0 when the avatar is there, 1 with one line on stderr when it is not. */
async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { name: { type: 'string' }, data: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [folder, ...more] = positionals;
  if (values.help || folder === undefined || more.length > 0) {
    (values.help ? process.stdout : process.stderr).write(USAGE);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  const loaded = loadSettings({ argv: values.data ? ['--data', values.data] : [], env: process.env, version });
  if (loaded.kind !== 'run') throw new Error(loaded.kind === 'problems' ? loaded.problems.join('\n') : loaded.text);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stopping.abort(new Error('Stopped; nothing was imported.')));
  }
  const avatar = await importAvatar(folder, values.name, {
    avatarsDir: join(loaded.dataDir, 'avatars'),
    cacheDir: join(loaded.dataDir, 'cache', 'pictures'),
    signal: stopping.signal,
    onProgress: progressBar(),
  });
  const { id, dir, widthPx, heightPx, pictureFiles } = avatar;
  process.stdout.write(`${id}: ${pictureFiles.length} pictures of ${widthPx}x${heightPx} in ${dir}\n`);
  process.stdout.write(`Show it with --avatar_id ${/\s/.test(id) ? JSON.stringify(id) : id}\n`);
}

/** A bar that redraws itself on a terminal; elsewhere (a log, a pipe) one line for each step. */
function progressBar(): (progress: ImportProgress) => void {
  const tty = process.stdout.isTTY;
  let shown = '';
  return ({ step, done, total }) => {
    if (!tty) {
      if (step !== shown) process.stdout.write(`${STEPS[step]}: ${total}\n`);
      shown = step;
      return;
    }
    const filled = Math.round((done / total) * BAR_WIDTH);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}`;
    const line = `${STEPS[step].padEnd(20)} [${bar}] ${done}/${total}`;
    if (line !== shown) process.stdout.write(`\r${line}\x1b[K${done === total ? '\n' : ''}`);
    shown = line;
  };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
