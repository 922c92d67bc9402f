import { join } from 'node:path';
import type { Settings } from '../../../../shared/settings';
import type { Log } from '../../log';
import { CATALOGUE_HOST } from './catalogue';
import { VoiceDownloads } from './downloads';
import { ENGINES_WITH_LOCAL_VOICES, localVoiceProblem } from './usable';

/** The catalogue as these settings have it, now and later. */
export function openCatalogue(
  settings: Readonly<Pick<Settings, 'tts' | 'voice' | 'voice_mirror'>>,
  dataDir: string,
  { onChange, log }: { onChange(): void; log: Log },
): { downloads: VoiceDownloads; host(): string; problem(): string | undefined } {
  const host = () => settings.voice_mirror ?? CATALOGUE_HOST;
  const downloads = new VoiceDownloads({
    modelsDir: join(dataDir, 'models', 'tts'),
    cacheDir: join(dataDir, 'cache', 'voices'),
    host,
    chosen: () => settings.voice,
    // Other engines have no voices here.
    onChange: () => ENGINES_WITH_LOCAL_VOICES.includes(settings.tts.trim().toLowerCase()) && onChange(),
    log,
  });
  return { downloads, host, problem: () => localVoiceProblem(settings.tts) };
}
