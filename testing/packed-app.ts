import { spawn } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './server';

/** What is in an archive, and whether it lies beside it instead (`app.asar.unpacked`). */
export interface PackedFile {
  path: string;
  bytes: number;
  unpacked: boolean;
}

interface AsarNode {
  files?: Record<string, AsarNode>;
  size?: number;
  unpacked?: boolean;
}
interface Asar {
  getRawHeader(archive: string): { header: AsarNode };
  extractFile(archive: string, path: string): Buffer;
}

const BUILDER = join(root, 'node_modules', '.cache', 'herald-packaging', 'package.json');
const asar = (): Asar => createRequire(BUILDER)('@electron/asar') as Asar;

/** Packs this checkout without Electron. @returns what kept npm's registry from being asked, undefined where it is packed */
export async function packWithoutElectron(outputDir: string): Promise<string | undefined> {
  const script = join(root, 'scripts', 'package.mjs');
  const child = spawn(process.execPath, [script, '--dry-run', `-c.directories.output=${outputDir}`], { cwd: root });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code === 69) return output.trim();
  if (code !== 0) throw new Error(`npm run package -- --dry-run ended with ${code}:\n${output}`);
  return undefined;
}

export function listArchive(archive: string): PackedFile[] {
  const found: PackedFile[] = [];
  const walk = (node: AsarNode, path: string) => {
    if (!node.files) return void found.push({ path, bytes: node.size ?? 0, unpacked: node.unpacked === true });
    for (const [name, child] of Object.entries(node.files)) walk(child, path ? `${path}/${name}` : name);
  };
  walk(asar().getRawHeader(archive).header, '');
  return found;
}

/**
 * Lays a package out so that plain Node runs it as Electron would: a folder `app.asar` in place of the archive, and
 * `app.asar.unpacked` beside it. Electron shows the modules that lie unpacked under both paths, so they are linked into the
 * first; the models and presenters are not, since what opens those (FFmpeg, ONNX Runtime) would not find them in an archive.
 * What lies beside the archive is moved.
 * @returns the folder that stands for the archive
 */
export function layOut(resourcesDir: string, to: string): string {
  const archive = join(resourcesDir, 'app.asar');
  const app = join(to, 'app.asar');
  const { extractFile } = asar();
  mkdirSync(to);
  renameSync(`${archive}.unpacked`, `${app}.unpacked`);
  for (const { path, unpacked } of listArchive(archive)) {
    const file = join(app, path);
    mkdirSync(join(file, '..'), { recursive: true });
    if (!unpacked) writeFileSync(file, extractFile(archive, path));
    else if (path.startsWith('node_modules/')) linkSync(join(`${app}.unpacked`, path), file);
  }
  return app;
}

/** Electron's switches in a packed program, '1' is on: in the order of FuseV1Options of @electron/fuses. */
export function fusesOf(program: string): string {
  const bytes = readFileSync(program);
  const sentinel = bytes.indexOf('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX');
  if (sentinel < 0) throw new Error(`no fuses in ${program}`);
  const count = bytes[sentinel + 33]!;
  return bytes.subarray(sentinel + 34, sentinel + 34 + count).toString('latin1');
}
