import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** DESIGN's window, [t - 40, t + 160] ms, on the 12.5 ms grid of mel frames. */
const DEFAULT_WINDOW_START_MS = -37.5;

export interface LipModel {
  file: string;
  name: string;
  windowStartMs: number;
}

/**
 * A network and what its settings file beside it (`lip-mini.json` for `lip-mini.onnx`) says; without one, the defaults hold.
 * @throws Error that names the settings file when it is broken
 */
export function describeModel(file: string): LipModel {
  const settingsFile = file.replace(/\.onnx$/, '.json');
  let windowStartMs: unknown = DEFAULT_WINDOW_START_MS;
  try {
    windowStartMs = JSON.parse(readFileSync(settingsFile, 'utf8')).windowStartMs ?? DEFAULT_WINDOW_START_MS;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`${settingsFile} cannot be read (${(error as Error).message}). Restore it or remove it.`);
    }
  }
  if (typeof windowStartMs !== 'number' || Math.abs(windowStartMs) > 1_000) {
    throw new Error(`${settingsFile}: windowStartMs must be a number of milliseconds. Restore the file or remove it.`);
  }
  return { file, name: basename(file, '.onnx'), windowStartMs };
}
