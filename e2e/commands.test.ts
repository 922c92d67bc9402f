import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../testing/server';

/** The commands that people type, run as they run them, but for npm's own wrapper. */

let scratch: string;
let children: ChildProcess[];

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'herald-commands-'));
  children = [];
});
afterEach(() => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

interface Running {
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
}

function run(script: string, args: string[] = [], env: Record<string, string> = {}): Running {
  const { DISPLAY: _x, WAYLAND_DISPLAY: _w, ELECTRON_OVERRIDE_DIST_PATH: _e, ...clean } = process.env;
  const child = spawn(process.execPath, [join(root, 'scripts', script), ...args], {
    cwd: root,
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output: () => output, exited };
}

const server = () => ['--listenport', '0', '--data', join(scratch, 'data')];
const listening = ({ output }: Running) => expect.poll(output, { timeout: 40_000 }).toMatch(/Herald listening on http/);

/** A program in Electron's place: a script of Node with the same way to talk to its starter. */
function fakeElectron(code: string): Record<string, string> {
  const file = join(scratch, 'electron');
  writeFileSync(file, `#!${process.execPath}\n${code}\n`);
  chmodSync(file, 0o755);
  return { ELECTRON_OVERRIDE_DIST_PATH: scratch, DISPLAY: ':99' };
}

describe.skipIf(process.platform === 'win32')('npm start', () => {
  it('says in one line that there is no display, serves, and ends at SIGTERM once all is closed', async () => {
    const start = run('start.mjs', server());
    await listening(start);
    const lines = start
      .output()
      .split('\n')
      .filter((line) => /without a window/.test(line));
    expect(lines).toEqual(['No display: running the server without a window.']);
    const address = () => /Open (\S+)/.exec(start.output())?.[1];
    await expect.poll(address, { timeout: 10_000 }).toBeDefined(); // the line after the one that was waited for
    expect((await fetch(address()!)).status).toBe(200);
    start.child.kill('SIGTERM');
    expect(await start.exited).toBe(0);
    expect(start.output()).not.toContain('given up'); // which it says when its 1.8 s are over and something is still open
  });

  it.skipIf(process.platform !== 'linux')('starts a server that ends when its starter is killed', async () => {
    const start = run('serve.mjs', server());
    await listening(start);
    const url = /Herald listening on (\S+)/.exec(start.output())![1]!;
    expect((await fetch(url)).status).toBe(200);
    start.child.kill('SIGKILL');
    await expect
      .poll(
        () =>
          fetch(url)
            .then(({ status }) => status)
            .catch(() => 'gone'),
        { timeout: 20_000 },
      )
      .toBe('gone');
  });

  it('opens the window where it can, passes flags on and its exit code back', async () => {
    const env = fakeElectron(
      `process.send('ready', () => { console.log(JSON.stringify(process.argv.slice(2))); process.exit(7); })`,
    );
    const start = run('start.mjs', ['--no-sandbox', '--listenport', '9123'], env);
    expect(await start.exited).toBe(7);
    expect(start.output()).toContain(JSON.stringify(['--no-sandbox', root, '--listenport', '9123']));
    expect(start.output()).not.toContain('without a window');
  });

  it('hands signals to the window and waits for it', async () => {
    const env = fakeElectron(
      `process.on('SIGTERM', () => { console.log('closing'); process.exit(0); }); process.send('ready'); setInterval(() => {}, 1e4); console.log('up');`,
    );
    const start = run('start.mjs', ['--no-sandbox'], env);
    await expect.poll(start.output, { timeout: 20_000 }).toContain('up');
    start.child.kill('SIGTERM');
    expect(await start.exited).toBe(0);
    expect(start.output()).toContain('closing');
  });

  it('names why the window could not open, and serves without it', async () => {
    const env = fakeElectron(`console.error('error while loading shared libraries: libnss3.so'); process.exit(127);`);
    const start = run('start.mjs', ['--no-sandbox', ...server()], env);
    await listening(start);
    expect(start.output()).toContain(
      'No window, Electron could not start (error while loading shared libraries: libnss3.so): running the server without a window.',
    );
  });

  it.skipIf(process.getuid?.() !== 0)('does not switch the sandbox off for root by itself', async () => {
    const start = run('start.mjs', server(), fakeElectron(`process.send('ready'); console.log('opened');`));
    await listening(start);
    expect(start.output()).toMatch(/^No window as root.*--no-sandbox.*: running the server without a window\.$/m);
    expect(start.output()).not.toContain('opened');
  });

  it('prints help without opening anything', async () => {
    const start = run('start.mjs', ['--help'], fakeElectron(`console.log('opened')`));
    expect(await start.exited).toBe(0);
    expect(start.output()).toContain('--listenport');
    expect(start.output()).not.toMatch(/opened|window\./);
  });
});

describe.skipIf(process.platform === 'win32')('fetching Electron', () => {
  const failureFile = join(root, 'out', '.electron-fetch-failed.json');
  let before: string | null;
  beforeEach(() => {
    before = existsSync(failureFile) ? readFileSync(failureFile, 'utf8') : null;
  });
  afterEach(() => {
    if (before === null) rmSync(failureFile, { force: true });
    else writeFileSync(failureFile, before);
  });

  /** Runs the fetch with a script in the installer's place; prints why it failed. */
  async function fetchWith(installer: string, stallMs: number): Promise<string> {
    const script = join(scratch, 'install.cjs');
    writeFileSync(script, installer);
    const call = `import { fetchElectron } from ${JSON.stringify(join(root, 'scripts', 'electron-binary.mjs'))};
      console.log('WHY ' + (await fetchElectron({ stallMs: ${stallMs}, script: ${JSON.stringify(script)} })));`;
    const file = join(scratch, 'fetch.mjs');
    writeFileSync(file, call);
    const child = spawn(process.execPath, [file], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    await new Promise((resolve) => child.once('close', resolve));
    return /WHY (.*)/.exec(output)?.[1] ?? output;
  }

  it('gives up on a download that stalls, with everything that it had started, and remembers it', async () => {
    const pidFile = join(scratch, 'pid');
    const why = await fetchWith(
      `const { spawn } = require('child_process');
       const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
       require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
       setInterval(() => {}, 1000);`,
      1_500,
    );
    expect(why).toBe('no data for 1.5 s');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect.poll(() => isRunning(pid), { timeout: 3_000 }).toBe(false);
    expect(JSON.parse(readFileSync(failureFile, 'utf8'))).toMatchObject({ why });
  });

  it('waits as long as bytes arrive', async () => {
    const why = await fetchWith(
      `const fs = require('fs'), path = require('path'), os = require('os');
       const file = path.join(os.tmpdir(), 'part');
       let n = 0;
       const timer = setInterval(() => { fs.appendFileSync(file, 'x'.repeat(1000)); if (++n === 8) { clearInterval(timer); console.error('Error: checksum differs'); process.exitCode = 1; } }, 400);`,
      1_500,
    );
    expect(why).toBe('checksum differs');
  });
});

/** A zombie counts as ended: whoever inherited it has not looked yet. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('npm run serve', () => {
  it('names the port that is in use, and the flag, in one line', async () => {
    const blocker = createServer().listen(0, '0.0.0.0');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as { port: number };
    const serve = run('serve.mjs', ['--listenport', `${port}`, '--data', join(scratch, 'data')]);
    expect(await serve.exited).toBe(1);
    const told = serve
      .output()
      .split('\n')
      .filter((line) => line.includes(`${port}`));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('--listenport');
    blocker.close();
  });

  it('lists the benches when none is named', async () => {
    const bench = run('bench.mjs', ['nonsense']);
    expect(await bench.exited).toBe(1);
    expect(bench.output()).toMatch(/There is no bench "nonsense".*\nNames: \w+/s);
  });
});

describe('building', () => {
  it('happens once when two start at once, and not at all when nothing changed', async () => {
    rmSync(join(root, 'out', '.built-from'), { force: true });
    const both = [run('serve.mjs', ['--help']), run('serve.mjs', ['--help'])];
    expect(await Promise.all(both.map(({ exited }) => exited))).toEqual([0, 0]);
    const built = both.filter(({ output }) => output().includes('Built Herald'));
    expect(built).toHaveLength(1);
    expect(existsSync(join(root, 'out', '.building'))).toBe(false);
    const again = run('serve.mjs', ['--help']);
    expect(await again.exited).toBe(0);
    expect(again.output()).not.toContain('Building');
  });
});
