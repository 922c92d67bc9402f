import { createRequire } from 'node:module';

export const ENGINES_WITH_LOCAL_VOICES = ['auto', 'local'];

/**
 * What keeps voices of this machine from speaking, with what to do; undefined where nothing does.
 * @param tts the setting
 * @param resolve finds a package, or throws
 */
export function localVoiceProblem(
  tts: string,
  resolve: (name: string) => unknown = createRequire(import.meta.url).resolve,
): string | undefined {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  for (const name of ['sherpa-onnx-node', `sherpa-onnx-${platform}-${process.arch}/package.json`]) {
    try {
      resolve(name);
    } catch {
      return (
        `sherpa-onnx, which runs the voices of this machine, is not installed (${name.split('/')[0]}). Run npm install in the ` +
        'folder of Herald; there may be none for this system.'
      );
    }
  }
  if (ENGINES_WITH_LOCAL_VOICES.includes(tts.trim().toLowerCase())) return undefined;
  return `The voice engine is "${tts}". Set it to "auto" or "local", so that voices of this machine speak.`;
}
