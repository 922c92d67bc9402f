import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, matchesGlob, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPlayable } from './opened-files';
import { appRoot, filesRootOf } from './server/entries';

// As @fastify/swagger has it: a parser for one test is no dependency of its own.
const { parse } = createRequire(createRequire(import.meta.url).resolve('@fastify/swagger'))('yaml') as {
  parse(text: string): unknown;
};

interface Platform {
  icon: string;
  target: { target: string; arch: string[] }[];
  files?: string[];
}
/** Files from another place, or such as electron-builder leaves out by itself. */
interface FileSet {
  from: string;
  to: string;
}
interface Config {
  files: (string | FileSet)[];
  asar: boolean;
  asarUnpack: string[];
  publish: unknown;
  npmRebuild: boolean;
  electronFuses: Record<string, boolean>;
  directories: { output: string; buildResources: string };
  win: Platform;
  mac: Platform & { fileAssociations: { ext: string[] }[] };
  linux: Platform;
}

const config = parse(readFileSync(join(appRoot, 'packaging', 'electron-builder.yml'), 'utf8')) as Config;
const manifest = JSON.parse(readFileSync(join(appRoot, 'package.json'), 'utf8')) as {
  main: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};
const patterns = config.files.filter((pattern) => typeof pattern === 'string');
const taken = patterns.filter((pattern) => !pattern.startsWith('!'));
const isTaken = (file: string) => taken.some((pattern) => matchesGlob(file, pattern));
const isUnpacked = (file: string) => config.asarUnpack.some((pattern) => matchesGlob(file, pattern));
/** Files below a folder of the repository, as the patterns name them. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(join(appRoot, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(appRoot, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}
const NATIVE = ['node-av', '@seydx', 'onnxruntime-node', 'sherpa-onnx-node', 'sherpa-onnx-linux-x64'];
const natives = NATIVE.map((name) => `node_modules/${name}`)
  .filter((folder) => existsSync(join(appRoot, folder)))
  .flatMap(filesIn)
  .filter((file) => /\.(node|so|dylib|dll)(\.[\d.]+)?$/.test(file));
const platforms = [config.win, config.mac, config.linux];

describe('the package', () => {
  it.each(taken.filter((pattern) => !pattern.startsWith('out/')))('takes %s, which is there', (pattern) => {
    const folder = pattern.split('/')[0]!;
    const files = folder === pattern ? [pattern].filter((file) => existsSync(join(appRoot, file))) : filesIn(folder);
    expect(files.filter((file) => matchesGlob(file, pattern)).length).toBeGreaterThan(0);
  });

  it('holds its entry and everything that is built', () => {
    expect(isTaken(manifest.main)).toBe(true);
    for (const file of [
      'out/main/serve.js',
      'out/main/chunks/a-1.js',
      'out/preload/index.cjs',
      'out/renderer/index.html',
    ])
      expect(isTaken(file), file).toBe(true);
    for (const file of ['models/lip-mini.onnx', 'resources/presenters/clara/idle.mp4', 'resources/icons/tray@2x.png']) {
      expect(isTaken(file) && existsSync(join(appRoot, file)), file).toBe(true);
    }
  });

  it('leaves out how the model was made, sources and tests', () => {
    for (const file of [
      'models/recipe/corpus.py',
      'out/test-results/unit.json',
      'out/.built-from',
      'src/main/index.ts',
      'e2e/page.test.ts',
      'testing/server.ts',
    ])
      expect(isTaken(file), file).toBe(false);
  });

  it('unpacks every native module, and what those open by path', () => {
    expect(config.asar).toBe(true);
    // Where npm put a binary for the machine that this runs on, the patterns must find it.
    expect(natives.some((file) => file.includes('node-av'))).toBe(true);
    expect(natives.some((file) => file.includes('onnxruntime-node'))).toBe(true);
    expect(natives.filter((file) => !isUnpacked(file))).toEqual([]);
    expect(isUnpacked('models/lip-mini.onnx')).toBe(true);
    expect(isUnpacked('resources/presenters/clara/idle.mp4')).toBe(true);
    expect(isUnpacked('out/main/index.js')).toBe(false);
  });

  it('says for all systems at once what is left out', () => {
    // With nothing but exclusions among a system's own files, electron-builder takes the whole repository.
    for (const { files } of platforms) expect(files).toBeUndefined();
    const ofOthers = patterns.filter((pattern) => pattern.includes('onnxruntime-node'));
    const left = (file: string, platform: string, arch: string) =>
      !ofOthers.some((p) =>
        matchesGlob(
          file,
          p
            .slice(1)
            .replace(/[$]{platform}/, platform)
            .replace(/[$]{arch}/, arch),
        ),
      );
    const binaries = natives.filter((file) => file.includes('onnxruntime-node'));
    for (const [platform, arch] of [
      ['win32', 'x64'],
      ['darwin', 'arm64'],
      ['linux', 'x64'],
    ] as const) {
      const kept = binaries.filter((file) => left(file, platform, arch));
      expect(kept.length, platform).toBeGreaterThan(1);
      expect(kept.filter((file) => !file.includes(`/napi-v6/${platform}/${arch}/`))).toEqual([]);
    }
  });

  it('has an icon, large enough for every system', () => {
    for (const { icon, target } of platforms) {
      const png = readFileSync(join(appRoot, icon));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      // Width and height stand in the first chunk (PNG, 11.2.2). macOS wants at least 512.
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1024, 1024]);
      expect(target.length).toBeGreaterThan(0);
    }
    expect(existsSync(join(appRoot, config.directories.buildResources))).toBe(true);
    for (const name of ['tray', 'trayTemplate']) {
      const width = (file: string) => readFileSync(join(appRoot, 'resources', 'icons', file)).readUInt32BE(16);
      expect(width(`${name}@2x.png`)).toBe(width(`${name}.png`) * 2);
    }
  });

  it('runs its child processes, and asks nobody for updates', () => {
    expect(config.electronFuses.runAsNode).toBe(true);
    expect(config.publish).toBeNull();
    expect(config.npmRebuild).toBe(false);
    expect(Object.keys(manifest.dependencies)).not.toContain('electron-updater');
    const shell = readdirSync(join(appRoot, 'src', 'main')).filter((file) => /(?<!\.test)\.ts$/.test(file));
    for (const name of shell) {
      const file = join('src', 'main', name);
      expect(readFileSync(join(appRoot, file), 'utf8'), file).not.toMatch(/autoUpdater/);
    }
  });

  it('is opened with the files that it plays', () => {
    const endings = config.mac.fileAssociations.flatMap(({ ext }) => ext);
    expect(endings.filter((ending) => !isPlayable(`a.${ending}`))).toEqual([]);
  });

  it('is made by a script', () => {
    expect(manifest.scripts.package).toBe('node scripts/package.mjs');
    const script = readFileSync(join(appRoot, 'scripts', 'package.mjs'), 'utf8');
    expect(script).toContain('packaging/electron-builder.yml');
  });
});

describe('files that libraries open by path', () => {
  it('lie beside the archive, where there is one', () => {
    expect(filesRootOf('/opt/Herald/resources/app.asar')).toBe('/opt/Herald/resources/app.asar.unpacked');
    expect(filesRootOf('C:\\Herald\\resources\\app.asar')).toBe('C:\\Herald\\resources\\app.asar.unpacked');
    expect(filesRootOf('/home/me/herald')).toBe('/home/me/herald');
  });
});
