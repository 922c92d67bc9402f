import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program of ours that runs beside the server: a child process or a worker thread. */
export interface Entry {
  file: string;
  /** Extra `node` flags: TypeScript sources (tests, benches) need a loader, built files need none. */
  execArgv: string[];
}

const SOURCES = {
  infer: 'mouth/infer.ts',
  'espeak-worker': 'tts/espeak-worker.ts',
  decode: 'audio/decode-process.ts',
  transcode: 'avatar/transcode-process.ts',
  convert: 'mouth/weights/convert-process.ts',
  remux: 'recordings/remux-process.ts',
  'local-voice': 'tts/local/voice-process.ts',
  'clip-process': 'clips/clip-process.ts',
  rtmp: 'outputs/rtmp/rtmp-process.ts',
  camera: 'outputs/camera/camera-process.ts',
} as const;

export type EntryName = keyof typeof SOURCES;

const here = dirname(fileURLToPath(import.meta.url));
const fromSource = import.meta.url.endsWith('.ts');

/** The folder that holds package.json, resources/ and models/, whether running from src/ or from out/. */
export const appRoot: string = (() => {
  for (let dir = here; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'resources', 'presenters'))) return dir;
    if (dirname(dir) === dir) throw new Error(`Herald's resources folder was not found above ${here}`);
  }
})();

/**
 * The same folder for what is opened by path outside Node: FFmpeg, ONNX Runtime and `chdir` know nothing of Electron's archive,
 * so such files are unpacked beside it (packaging/electron-builder.yml).
 */
export const filesRootOf = (root: string): string => root.replace(/app\.asar$/, 'app.asar.unpacked');
export const filesRoot: string = filesRootOf(appRoot);

export function entry(name: EntryName): Entry {
  if (fromSource) return { file: join(here, SOURCES[name]), execArgv: ['--import', 'tsx'] };
  return { file: join(appRoot, 'out', 'main', `${name}.js`), execArgv: [] };
}
