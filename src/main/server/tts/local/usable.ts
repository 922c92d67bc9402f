import { createRequire } from 'node:module';
import { say } from '../../../../shared/told';

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
      return say('voice.noSherpa', { name: name.split('/')[0]! });
    }
  }
  if (ENGINES_WITH_LOCAL_VOICES.includes(tts.trim().toLowerCase())) return undefined;
  return say('voice.notLocal', { tts });
}
