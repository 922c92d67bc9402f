import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

/** The layout's promises, read from the imports themselves: static, dynamic, re-exports and `require`. */
const src = resolve(import.meta.dirname, '..', '..');
const name = (file: string) => relative(src, file).replaceAll('\\', '/');

interface Import {
  from: string;
  to: string;
  /** Erased by the compiler: it cannot pull code in. */
  typeOnly: boolean;
}

/** What a source asks for. */
function importsOf(file: string, code: string): Import[] {
  const { module, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${name(file)}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (to: string, typeOnly: boolean) => found.push({ from: name(file), to, typeOnly });
  for (const { moduleRequest, entries } of module.staticImports) {
    add(moduleRequest.value, entries.length > 0 && entries.every((e) => e.isType));
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) if (moduleRequest) add(moduleRequest.value, isType);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    add(literal(code.slice(moduleRequest.start, moduleRequest.end)), false);
  }
  for (const [, to = ''] of code.matchAll(/\brequire\(\s*(['"`][^'"`]+['"`])\s*\)/g)) add(literal(to), false);
  return found;
}

function literal(source: string): string {
  return /^(['"`])([^'"`$]*)\1$/.exec(source)?.[2] ?? `(computed: ${source})`;
}

/** The file that a relative import means, as the bundler would find it. */
function target(from: string, to: string): string | null {
  if (!to.startsWith('.')) return null;
  const base = resolve(dirname(from), to.replace(/\?.*$/, ''));
  const options = [base, `${base}.ts`, `${base}.tsx`, join(base, 'index.ts'), base.replace(/\.m?js$/, '.ts')];
  return options.find((file) => /\.[mc]?tsx?$/.test(file) && existsSync(file)) ?? null;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .map((file) => join(src, folder, file));
}

/** Every import that is reached from these files through relative imports, types left out. */
function reachedFrom(start: string[]): Import[] {
  const seen = new Set<string>();
  const found: Import[] = [];
  const queue = [...start];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const entry of importsOf(file, readFileSync(file, 'utf8'))) {
      found.push(entry);
      const next = entry.typeOnly ? null : target(file, entry.to);
      if (next) queue.push(next);
    }
  }
  return found;
}

const directImports = (folder: string) =>
  sourcesIn(folder).flatMap((file) => importsOf(file, readFileSync(file, 'utf8')));
const show = (imports: Import[]) => imports.map(({ from, to }) => `${from} -> ${to}`);
const isElectron = ({ to }: Import) => to === 'electron' || to.startsWith('electron/');
const isNode = ({ to }: Import) => to.startsWith('node:') || builtinModules.includes(to);

describe('layers', () => {
  it('the server never reaches electron, even through others', () => {
    const reached = reachedFrom(sourcesIn('main/server'));
    expect(reached.length).toBeGreaterThan(10);
    expect(show(reached.filter(isElectron))).toEqual([]);
    // A computed `import(x)` has no name to check.
    expect(show(reached.filter(({ to }) => to.startsWith('(computed')))).toEqual([]);
  });

  it('the server imports nothing from the shell, the preload script or the page', () => {
    const outside = directImports('main/server').filter(({ from, to }) => {
      const file = target(join(src, from), to);
      return file !== null && !/^(main\/server|shared)\//.test(name(file));
    });
    expect(show(outside)).toEqual([]);
  });

  it('shared code runs anywhere: no node:, DOM or electron modules, and only relative or zod imports', () => {
    const imports = reachedFrom(sourcesIn('shared'));
    expect(show(imports.filter((i) => isNode(i) || isElectron(i)))).toEqual([]);
    expect(show(imports.filter(({ to }) => !to.startsWith('.') && to !== 'zod'))).toEqual([]);
    const outside = imports.filter(({ from, to }) => {
      const file = target(join(src, from), to);
      return file !== null && !name(file).startsWith('shared/');
    });
    expect(show(outside)).toEqual([]);
  });

  it('shared code touches no global of Node or of browsers', () => {
    const globals = /\b(process|Buffer|require|window|document|navigator|localStorage)\s*[.[(]/;
    const code = (file: string) => readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'|`[^`]*`/g, '');
    expect(
      sourcesIn('shared')
        .filter((file) => globals.test(code(file)))
        .map(name),
    ).toEqual([]);
  });

  it('the page imports nothing from main, from node or from electron', () => {
    const imports = directImports('renderer');
    expect(imports.length).toBeGreaterThan(10);
    expect(show(imports.filter((i) => isNode(i) || isElectron(i)))).toEqual([]);
    const fromMain = imports.filter(({ from, to }) => {
      const file = to.startsWith('.') ? resolve(src, dirname(from), to) : null;
      return file !== null && name(file).startsWith('main');
    });
    expect(show(fromMain)).toEqual([]);
  });

  it('electron appears only in the shell and the preload script', () => {
    const users = directImports('.').filter((i) => isElectron(i) && !i.typeOnly);
    expect([...new Set(users.map((i) => i.from))].sort()).toEqual([
      'main/dialogs.ts',
      'main/feed-window.ts',
      'main/hotkeys.ts',
      'main/index.ts',
      'main/ipc.ts',
      'main/notifications.ts',
      'main/secrets.ts',
      'main/studio-shell.ts',
      'main/tray.ts',
      'main/window.ts',
      'preload/index.ts',
    ]);
  });
});

describe('the reader of imports', () => {
  it('sees every way to import, and knows types', () => {
    const code = [
      `import type { A } from 'a';`,
      `import { b, type B } from './b';`,
      `import './effect';`,
      `export * from './c';`,
      `export type { D } from 'd';`,
      `const e = await import('./e');`,
      `const f = require("electron");`,
      `await import(computed);`,
    ].join('\n');
    expect(importsOf(join(src, 'x.ts'), code).map(({ to, typeOnly }) => (typeOnly ? `type ${to}` : to))).toEqual([
      'type a',
      './b',
      './effect',
      './c',
      'type d',
      './e',
      '(computed: computed)',
      'electron',
    ]);
  });
});
