import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { type ConvertedModel, readModelInfo } from './weights/model-info';

export const BUILT_IN_MODEL = 'lip-mini';

export type FoundModel =
  | { kind: 'built-in' }
  /** A checkpoint or an ONNX file, to be converted or checked. */
  | { kind: 'file'; file: string }
  /** Converted before, from a file that may be gone. */
  | { kind: 'converted'; model: ConvertedModel }
  /** `message` says where it was looked for and what to do. */
  | { kind: 'missing'; message: string };

const EXTENSIONS = ['.pth', '.onnx'];

/**
 * What `--model` means: the built-in network, a file, or the name of one in a models folder. Start scripts of the peers always
 * say `--model wav2lip` and mean `wav2lip.pth` in the checkout's models folder.
 * @param dirs models folders, the one to prefer first
 */
export function findModel(model: string, dirs: readonly string[]): FoundModel {
  if (model === BUILT_IN_MODEL) return { kind: 'built-in' };
  const named = EXTENSIONS.includes(extname(model).toLowerCase());
  if (named && isFile(resolve(model))) return { kind: 'file', file: resolve(model) };
  if (/[\\/]/.test(model)) {
    return { kind: 'missing', message: `--model ${model}: there is no such .pth or .onnx file. Check the path` };
  }
  const files = named ? [model] : EXTENSIONS.map((extension) => model + extension);
  for (const dir of dirs) {
    const found = files.map((file) => resolve(dir, file)).find(isFile);
    if (found) return { kind: 'file', file: found };
  }
  for (const dir of dirs) {
    const converted = findConverted(dir, model);
    if (converted) return { kind: 'converted', model: converted };
  }
  const where = dirs.join(' or ');
  return {
    kind: 'missing',
    message: `--model ${model}: there is no ${files.join(' or ')} in ${where}. Put it there, or name its folder with --models`,
  };
}

/** A folder of the converter, by its own name or by that of the file it was made from. */
function findConverted(dir: string, model: string): ConvertedModel | undefined {
  if (!existsSync(dir)) return undefined;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^[0-9a-f]{16}$/.test(entry.name)) continue;
    const folder = join(dir, entry.name);
    const info = readModelInfo(folder);
    if (!info) continue;
    const { name } = info.source;
    if ([entry.name, name, basename(name, extname(name))].includes(model)) return { folder, info };
  }
  return undefined;
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
