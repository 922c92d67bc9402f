import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { followEvents } from '../testing/events';
import { fusesOf, layOut, listArchive, type PackedFile, packWithoutElectron } from '../testing/packed-app';
import { getJson, postJson, root, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';

/** What Herald's own part of a package may be; everything else in it is somebody's module. */
const OURS = [
  /^(package\.json|LICENSE|NOTICE)$/,
  /^out\/(main|preload|renderer)\/[^.]/,
  /^resources\/(icons|presenters)\//,
  /^models\/lip-mini(-visemes)?\.(onnx|json|md)$/,
];
const NATIVE = /\.(node|so|dylib|dll)(\.[\d.]+)?$/;
/** Unpacked, as of 2026-11: 175 MB are FFmpeg. Larger is a binary too many (ONNX Runtime alone brings 290 MB for all systems). */
const MAX_BYTES = 340_000_000;

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

describe.runIf(process.platform === 'linux')('the package, but for Electron', () => {
  let folder: string;
  let unreachable: string | undefined;
  let files: PackedFile[];
  /** Stands for the archive when plain Node runs what is in it. */
  let app: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'herald-package-'));
    unreachable = await packWithoutElectron(folder);
    if (unreachable) return;
    const resources = join(folder, 'linux-unpacked', 'resources');
    files = listArchive(join(resources, 'app.asar'));
    app = layOut(resources, join(folder, 'laid-out'));
  }, 150_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(({ skip }) => skip(unreachable !== undefined, unreachable));

  const own = () => files.filter(({ path }) => !path.startsWith('node_modules/')).map(({ path }) => path);
  const moduleOf = (path: string) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];

  it('holds what was built and what it needs, and nothing of how it is made', () => {
    expect(own().filter((path) => !OURS.some((pattern) => pattern.test(path)))).toEqual([]);
    for (const file of [
      'package.json',
      'LICENSE',
      'NOTICE',
      'out/main/index.js',
      'out/main/infer.js',
      'out/preload/index.cjs',
      'out/renderer/index.html',
      'out/renderer/stage/index.html',
      'resources/presenters/clara/idle.mp4',
      'resources/icons/tray.png',
      'models/lip-mini.onnx',
      'models/lip-mini-visemes.onnx',
      'out/main/decode.js',
    ])
      expect(own(), file).toContain(file);
    expect(files.filter(({ path }) => /\.(map|[cm]?ts|tsx)$|\/__tests__\/|\.test\.[cm]?js$/.test(path))).toEqual([]);
  });

  it('brings every module that is a dependency, and no tool', () => {
    const packed = new Set(files.map(({ path }) => moduleOf(path)));
    expect(Object.keys(manifest.dependencies).filter((name) => !packed.has(name))).toEqual([]);
    expect(Object.keys(manifest.devDependencies).filter((name) => packed.has(name))).toEqual([]);
  });

  it('keeps native modules beside the archive, those of this system only, and stays small', () => {
    const natives = files.filter(({ path }) => NATIVE.test(path));
    expect(natives.filter(({ unpacked }) => !unpacked)).toEqual([]);
    const system = `linux-${process.arch}`;
    expect([...new Set(natives.map(({ path }) => moduleOf(path)))].sort()).toEqual(
      [`@seydx/node-av-${system}`, 'onnxruntime-node', `sherpa-onnx-${system}`].sort(),
    );
    const ofOnnx = natives.filter(({ path }) => path.includes('onnxruntime-node')).map(({ path }) => path);
    expect(ofOnnx.filter((path) => !path.includes(`/linux/${process.arch}/`))).toEqual([]);
    expect(ofOnnx.filter((path) => /cuda|tensorrt/i.test(path))).toEqual([]);
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(MAX_BYTES);
    for (const path of own().filter((path) => /^(models|resources)\//.test(path)))
      expect(existsSync(join(`${app}.unpacked`, path)), path).toBe(true);
  });

  it('sets Electron’s switches: child processes run as Node, nothing else is let in', () => {
    // runAsNode, cookie encryption, NODE_OPTIONS, --inspect, (integrity), only the archive.
    expect(fusesOf(join(folder, 'linux-unpacked', 'herald'))).toMatch(/^1100.1/);
  });

  it('runs: page, presenter, voice, lips, recording and clip, all from the package', async () => {
    const server = await startTestServer([], { serve: join(app, 'out', 'main', 'serve.js') });
    let viewer: RtpViewer | undefined;
    try {
      await talks(server, (made) => (viewer = made));
    } finally {
      await viewer?.close();
      expect(await server.stop(), server.output()).toBe(0);
    }
  });

  async function talks({ url, output }: TestServer, opened: (viewer: RtpViewer) => void): Promise<void> {
    const page = await (await fetch(url)).text();
    const script = /src="\.?\/?(assets\/[^"]+\.js)"/.exec(page)?.[1];
    expect((await fetch(`${url}/${script}`)).status, output()).toBe(200);
    type Listed = { data: { avatars: { id: string; problem?: string }[] } };
    expect((await getJson<Listed>(`${url}/api/avatars`)).data.avatars).toMatchObject([
      { id: 'clara' },
      { id: 'leo' },
      { id: 'maya' },
    ]);

    const { viewer, sdp } = await RtpViewer.offer();
    opened(viewer);
    const answer = await postJson<{ sdp: string; sessionid: number }>(`${url}/offer`, { sdp, type: 'offer' });
    await viewer.accept(answer.sdp);
    const { sessionid } = answer;
    const followed = await followEvents(url, sessionid);
    await expect.poll(() => viewer.video.packets.length, { timeout: 20_000 }).toBeGreaterThan(10);
    await postJson(`${url}/record`, { sessionid, type: 'start_record' });
    await postJson(`${url}/human`, { sessionid, type: 'echo', text: 'From the package.' });
    await followed.until(({ status }) => status === 'end');
    followed.close();
    expect(await postJson(`${url}/record`, { sessionid, type: 'end_record' })).toMatchObject({ code: 0 });
    type Health = { data: { mouth: { model: string; state: string; restarts: number } } };
    expect((await getJson<Health>(`${url}/api/health`)).data.mouth).toMatchObject({
      model: 'lip-mini',
      state: 'ready',
      restarts: 0,
    });
    const made = await postJson<{ data: { id: string } }>(`${url}/api/clips`, { text: 'A clip.', size: '180x180' });
    type Clip = { data: { state: string; problem?: string } };
    await expect
      .poll(async () => (await getJson<Clip>(`${url}/api/clips/${made.data.id}`)).data.state, { timeout: 60_000 })
      .toBe('done');
  }

  it('can load every module that its programs name', async () => {
    const programs = files.filter(({ path }) => /^out\/main\/.*\.js$/.test(path));
    const named = new Set(
      programs.flatMap(({ path }) =>
        [
          ...readFileSync(join(app, path), 'utf8').matchAll(
            /(?:\bfrom|\bimport|\bimport\(|require\()\s*["'](@?[a-z][\w@/.-]*)["']/g,
          ),
        ]
          .map(([, name]) => name!)
          .filter((name) => name !== 'electron' && !isBuiltin(name)),
      ),
    );
    expect([...named]).toEqual(expect.arrayContaining(['werift', 'onnxruntime-node', 'sherpa-onnx-node']));
    const probe = join(app, 'out', 'main', 'probe.mjs');
    writeFileSync(
      probe,
      `await Promise.all(${JSON.stringify([...named])}.map((name) => import(name)));\nprocess.exit();`,
    );
    expect(await lastWords(spawn(process.execPath, [probe]))).toBe('');
  });

  it('starts its shell, whose modules are all there', async () => {
    // Electron itself is not: another instance that already runs is played by one line, and the shell leaves.
    const electron = join(folder, 'electron.mjs');
    const names = ['app', 'BrowserWindow', 'clipboard', 'dialog', 'globalShortcut', 'ipcMain', 'Menu', 'nativeImage'];
    names.push('Notification', 'safeStorage', 'screen', 'shell', 'Tray');
    const app0 = `{ isPackaged: true, requestSingleInstanceLock: () => false, exit: (code) => process.exit(code) }`;
    writeFileSync(
      electron,
      names.map((name) => `export const ${name} = ${name === 'app' ? app0 : 'undefined'};`).join('\n'),
    );
    const hooks = `export const resolve = (name, context, next) =>
      name === 'electron' ? { url: ${JSON.stringify(`file://${electron}`)}, shortCircuit: true } : next(name, context);`;
    const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))});`;
    const child = spawn(process.execPath, ['--import', dataUrl(register), join(app, 'out', 'main', 'index.js')]);
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data));
    expect(await lastWords(child)).toBe('');
    expect(said).toContain('already running');
    // A sandboxed preload script is given this module and no other.
    const preload = readFileSync(join(app, 'out', 'preload', 'index.cjs'), 'utf8');
    expect([...preload.matchAll(/require\(["']([^"']+)["']\)/g)].map(([, name]) => name)).toEqual(['electron']);
  });
});

const dataUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

/** What a program said on stderr when it has ended. */
async function lastWords(child: ChildProcess): Promise<string> {
  let said = '';
  child.stderr?.on('data', (data: Buffer) => (said += data));
  await new Promise((resolve) => child.once('close', resolve));
  return said;
}
