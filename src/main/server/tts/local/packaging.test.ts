import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../../../..');

// electron-vite leaves `dependencies` in node_modules by itself, and bundles the optional ones: sherpa-onnx would look for its
// addon beside the bundle and say that it is not installed, in the built app only.
it('the build leaves optional dependencies where they are installed', async () => {
  const { optionalDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const config = await readFile(join(root, 'electron.vite.config.ts'), 'utf8');
  const included = /externalizeDeps: \{ include: \[([^\]]*)\] \}/.exec(config)?.[1] ?? '';
  expect(included.match(/[\w@/-]+/g)).toEqual(Object.keys(optionalDependencies));
});

it('what a user is told to install is the version that was tested', async () => {
  const { optionalDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const code = await readFile(join(import.meta.dirname, 'voice-process.ts'), 'utf8');
  expect(code).toContain(`npm install sherpa-onnx-node@${optionalDependencies['sherpa-onnx-node']} `);
});
