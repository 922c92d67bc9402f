import os from 'node:os';
import { publicSettings, type SettingName, type Settings, settingInfo, settingNames } from '../../../shared/settings';
import { version } from '../version';
import type { LogRing } from './log-ring';

export interface DiagnosticsParts {
  settings: Settings;
  /** Secrets that are no settings: the token that was made at first start. */
  secrets?: readonly string[];
  health: () => object;
  recent: Pick<LogRing, 'list'>;
}

/** Everything that someone who is to help needs to see, and nothing that they must not. */
export function diagnosticsOf({ settings, secrets = [], health, recent }: DiagnosticsParts): Record<string, unknown> {
  const hide = scrubber([...secretsOf(settings), ...secrets]);
  const bundle = {
    madeAt: new Date().toISOString(),
    versions: { herald: version, ...process.versions },
    platform: {
      os: `${os.type()} ${os.release()} ${process.arch}`,
      cpu: os.cpus()[0]?.model ?? 'unknown',
      cores: os.cpus().length,
      memoryMb: Math.round(os.totalmem() / 1e6),
      freeMemoryMb: Math.round(os.freemem() / 1e6),
      languages: Intl.DateTimeFormat().resolvedOptions().locale,
    },
    settings: publicSettings(settings),
    health: health(),
    log: recent.list().map((line) => JSON.parse(line) as unknown),
  };
  return JSON.parse(hide(JSON.stringify(bundle))) as Record<string, unknown>;
}

/** The values of settings that are secret, as they are now. */
export function secretsOf(settings: Settings): string[] {
  const secret = (name: SettingName) => settingInfo(name).secret;
  return settingNames.filter(secret).flatMap((name) => (settings[name] === undefined ? [] : [String(settings[name])]));
}

/**
 * Takes these values out of JSON, wherever they stand, and with them passwords in URLs and the name of the user's folder. What is
 * shorter than four characters is left: taking it out would tear up every other word, and would tell what it was.
 */
export function scrubber(secrets: readonly string[]): (json: string) => string {
  const home = os.homedir();
  const values = secrets.filter((value) => value.length >= 4).sort((a, b) => b.length - a.length);
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  return (json) => {
    let clean = json.replace(/(\b[a-z][a-z\d+.-]*:\/\/)[^/\s"@]+@/gi, '$1(hidden)@');
    for (const value of values) clean = clean.replaceAll(inJson(value), '(hidden)');
    return home.length > 1 ? clean.replaceAll(inJson(home), '~') : clean;
  };
}
