import { resolve } from 'node:path';
import { app, shell } from 'electron';
import { tellStartFailure } from './dialogs';
import { ownFlags } from './flags';
import { splitArguments } from './opened-files';
import { systemVault } from './secrets';
import { type LoadResult, loadSettings } from './server/config/load';
import { sealStoredSecrets } from './server/config/settings-file';
import { createLogger } from './server/log';
import { startServer } from './server/start';
import { startProblem } from './server/start-problem';
import { version } from './server/version';
import { ServerControl } from './server-control';
import { StudioShell } from './studio-shell';

/** As the installer registers it (appId of packaging/electron-builder.yml): Windows shows notifications of no other program. */
const APP_ID = 'io.github.herald.studio';
/** After this a close that hangs is given up: quitting must not feel broken. */
const CLOSE_DEADLINE_MS = 1_800;
const BYTES_PER_MB = 1024 * 1024;

const given = splitArguments(ownFlags(process.argv, app.isPackaged));
/** Files that the system hands over before there is a shell to play them (macOS does so before `ready`). */
let openFiles = (paths: readonly string[]): void => void given.files.push(...paths);

/** The desktop shell: the same server as `npm run serve`, with a window on it. */
async function main(): Promise<void> {
  if (process.platform === 'win32') app.setAppUserModelId(APP_ID);
  await app.whenReady();
  // `npm start` waits for this word: until now it could still fall back to running without a window.
  process.send?.('ready');
  const vault = systemVault();
  const load = (): LoadResult =>
    loadSettings({ argv: given.flags, env: process.env, version, ...(vault && { vault }) });
  const first = load();
  if (first.kind === 'print') {
    process.stdout.write(first.text);
    return app.exit(0);
  }
  if (first.kind === 'problems') {
    tellStartFailure(first.problems);
    return app.exit(1);
  }
  const { dataDir } = first;
  const log = createLogger(first.settings.log_level);
  for (const warning of first.warnings) log.warn(warning);
  if (vault && sealStoredSecrets(dataDir, vault)) log.info('the keys in settings.json are now in the safe storage');

  let loaded = first;
  let studio: StudioShell | undefined;
  const control = new ServerControl(async (port) => {
    // Read anew at every start, so that settings take effect that wait for one.
    const now = load();
    if (now.kind === 'problems') throw new Error(now.problems.join('\n'));
    if (now.kind === 'run') loaded = now;
    const { settings, sources } = loaded;
    log.level = settings.log_level;
    // A free port was found at the first start; pages and clients are to find it again.
    const listenport = settings.listenport === 0 ? (port ?? 0) : settings.listenport;
    try {
      return await startServer(
        { ...settings, listenport },
        {
          log,
          dataDir,
          sources,
          ...(vault && { vault }),
          trash: (file) => shell.trashItem(file),
          onJobEnded: (job) => studio?.jobEnded(job),
        },
      );
    } catch (error) {
      throw new Error(startProblem(error, { host: settings.host, port: listenport }), { cause: error });
    }
  });
  try {
    await control.start();
  } catch (error) {
    tellStartFailure([error instanceof Error ? error.message : String(error)]);
    return app.exit(1);
  }
  process.stdout.write(`Herald listening on http://${loaded.settings.host}:${control.server?.port}\n`);

  studio = new StudioShell({
    control,
    dataDir,
    log,
    requireToken: () => loaded.settings.require_token,
    maxUploadBytes: () => loaded.settings.max_upload_mb * BYTES_PER_MB,
    safeStorage: vault !== undefined,
  });
  closeBeforeQuit(control, studio);
  const show = () => studio?.show();
  app.on('second-instance', (_event, argv, cwd) => {
    show();
    openFiles(splitArguments(ownFlags(argv, app.isPackaged)).files.map((file) => resolve(cwd, file)));
  });
  app.on('activate', show);
  // On macOS programs live on without windows; elsewhere closing the window is leaving, unless the tray is to stay.
  app.on('window-all-closed', () => studio?.staysWithoutWindow || app.quit());
  openFiles = (paths) => void studio?.playFiles(paths);
  show();
  openFiles(given.files.map((file) => resolve(file)));
}

/** Quitting waits until sessions, processes and sockets are closed, but not for ever. */
function closeBeforeQuit(control: ServerControl, studio: StudioShell): void {
  let closing = false;
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    studio.close();
    const deadline = setTimeout(() => app.exit(0), CLOSE_DEADLINE_MS);
    void control.end().finally(() => {
      clearTimeout(deadline);
      app.exit(0);
    });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.quit());
}

if (app.requestSingleInstanceLock()) {
  app.on('open-file', (event, path) => {
    event.preventDefault();
    openFiles([path]);
  });
  void main();
} else {
  process.stdout.write('Herald is already running: its window has been brought to the front.\n');
  app.exit(0);
}
