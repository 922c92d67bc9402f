import { homedir } from 'node:os';
import { resolve } from 'node:path';
import {
  envNameOf,
  flagOf,
  type SettingName,
  type Settings,
  settingInfo,
  settingKind,
  settingNames,
  settingsSchema,
} from '../../../shared/settings';
import type { SettingProblem } from '../../../shared/settings-protocol';
import { parseArgv } from './argv';
import { defaultDataDir } from './data-dir';
import { helpText } from './help';
import { nearest } from './nearest';
import { whyNot } from './reasons';
import { isSealed, readSettingsFile, settingsFileOf, type Vault } from './settings-file';

export type SettingSource = 'default' | 'settings.json' | 'environment' | 'command line';

export interface LoadedSettings {
  kind: 'run';
  settings: Settings;
  /** Absolute; settings.data says the same. */
  dataDir: string;
  sources: Record<SettingName, SettingSource>;
  /** For the log, once it exists. */
  warnings: string[];
}

/** `text` goes to stdout with exit code 0; `problems` go to stderr, one a line, with exit code 1. */
export type LoadResult = LoadedSettings | { kind: 'print'; text: string } | { kind: 'problems'; problems: string[] };

export interface LoadInput {
  /** Without node and the script. */
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  /** Electron's `userData`; the platform's config folder otherwise. */
  defaultDataDir?: string;
  cwd?: string;
  /** Opens secrets that the desktop app sealed; elsewhere they stay closed. */
  vault?: Vault;
}

interface Given {
  value: unknown;
  /** What a person recognises: `--listenport 99999`, `HERALD_LISTENPORT=x`, `settings.json: listenport`. */
  where: string;
  source: SettingSource;
}

/** Defaults < settings.json < environment < command line. Every problem of every source is reported at once. */
export function loadSettings(input: LoadInput): LoadResult {
  const argv = parseArgv(input.argv);
  if (argv.help) return { kind: 'print', text: helpText() };
  if (argv.version) return { kind: 'print', text: `Herald ${input.version}\n` };

  const problems = [...argv.problems];
  const warnings = [...argv.warnings];
  const cwd = input.cwd ?? process.cwd();
  const dataDir = resolve(
    cwd,
    argv.values.get('data') ||
      input.env[envNameOf('data')] ||
      input.defaultDataDir ||
      defaultDataDir({ platform: process.platform, env: input.env, homeDir: homedir() }),
  );

  const merged: Record<string, unknown> = {};
  const sources = Object.fromEntries(settingNames.map((name) => [name, 'default'])) as LoadedSettings['sources'];
  const layers = [
    fromFile(settingsFileOf(dataDir), input.vault, problems, warnings),
    fromEnvironment(input.env, problems, warnings),
    fromArgv(argv.values, problems),
  ];
  for (const layer of layers) {
    for (const [name, given] of layer) {
      const checked = settingsSchema.shape[name].safeParse(given.value);
      if (checked.success) {
        merged[name] = checked.data;
        sources[name] = given.source;
      } else {
        problems.push(`${given.where}: ${whyNot(name, checked.error.issues[0])}`);
      }
    }
  }

  problems.push(...problemsTogether(merged).map(({ msg }) => msg));
  if (problems.length > 0) return { kind: 'problems', problems };
  const settings = settingsSchema.parse({ ...merged, data: dataDir });
  for (const name of PATHS) {
    const path = settings[name];
    if (path !== undefined) settings[name] = resolve(sources[name] === 'settings.json' ? dataDir : cwd, path);
  }
  if (settings.no_auth) warnings.push('--no_auth: anyone who reaches this port, web pages included, controls Herald');
  return { kind: 'run', settings, dataDir, sources, warnings };
}

/** Files and folders that are named relative to where the setting stands: settings.json's folder, or the current one. */
export const PATHS = ['avatars', 'models', 'customvideo_config', 'rules', 'tokens', 'tls_cert', 'tls_key'] as const;

/** What is wrong with values that are each right alone. */
export function problemsTogether(settings: Partial<Settings>): SettingProblem[] {
  const { transport, push_url: pushUrl } = settings;
  if (transport === 'rtmp' && !/^rtmps?:/i.test(pushUrl ?? '')) {
    return [{ name: 'push_url', msg: '--transport rtmp needs --push_url rtmp://host/app/key' }];
  }
  if (transport === 'rtcpush' && pushUrl !== undefined && !/^https?:/i.test(pushUrl)) {
    return [
      { name: 'push_url', msg: '--transport rtcpush needs --push_url http(s)://..., the address of a WHIP endpoint' },
    ];
  }
  return [];
}

function fromFile(
  file: string,
  vault: Vault | undefined,
  problems: string[],
  warnings: string[],
): Map<SettingName, Given> {
  const given = new Map<SettingName, Given>();
  let content: Record<string, unknown> | undefined;
  try {
    content = readSettingsFile(file);
  } catch (error) {
    problems.push(`${file} cannot be read (${(error as Error).message}): correct it, or delete it to start afresh`);
  }
  for (const [key, value] of Object.entries(content ?? {})) {
    const name = settingNames.find((candidate) => candidate === key);
    if (!name) {
      const meant = nearest(key, settingNames);
      warnings.push(`settings.json: unknown key "${key}" ignored${meant ? `; did you mean "${meant}"?` : ''}`);
    } else if (name === 'data') {
      warnings.push('settings.json: "data" ignored, since the file itself lives in that folder; use --data');
    } else if (isSealed(value)) {
      const opened = vault?.open(value);
      if (opened !== undefined)
        given.set(name, { value: opened, where: `settings.json: ${name}`, source: 'settings.json' });
      else warnings.push(closedSecret(name));
    } else if (value !== null) {
      given.set(name, { value, where: `settings.json: ${name}`, source: 'settings.json' });
    }
  }
  return given;
}

const closedSecret = (name: SettingName) =>
  `settings.json: ${name} was stored by the desktop app in this system's safe storage and cannot be read here: ` +
  `set ${envNameOf(name)}, or enter it again in the settings`;

function fromEnvironment(env: LoadInput['env'], problems: string[], warnings: string[]): Map<SettingName, Given> {
  const given = new Map<SettingName, Given>();
  for (const name of settingNames) {
    const names = [envNameOf(name), ...(settingInfo(name).alsoEnv ?? [])];
    const found = names.find((candidate) => env[candidate]);
    if (!found) continue;
    const where = settingInfo(name).secret ? found : `${found}=${env[found]}`;
    convert(name, env[found]!, where, 'environment', given, problems);
  }
  const known = settingNames.map(envNameOf);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('HERALD_') || known.includes(name)) continue;
    // Only what looks mistyped: other programs may have HERALD_ variables of their own.
    const meant = nearest(
      name.slice(7),
      known.map((candidate) => candidate.slice(7)),
    );
    if (meant) warnings.push(`${name} is not a setting; did you mean HERALD_${meant}?`);
  }
  return given;
}

function fromArgv(values: ReadonlyMap<SettingName, string>, problems: string[]): Map<SettingName, Given> {
  const given = new Map<SettingName, Given>();
  for (const [name, text] of values) {
    const where = settingInfo(name).secret ? flagOf(name) : `${flagOf(name)} ${text}`;
    convert(name, text, where, 'command line', given, problems);
  }
  return given;
}

function convert(
  name: SettingName,
  text: string,
  where: string,
  source: SettingSource,
  given: Map<SettingName, Given>,
  problems: string[],
): void {
  const value = fromText(name, text.trim());
  if (value === undefined) problems.push(`${where}: ${whyNot(name)}`);
  else given.set(name, { value, where, source });
}

/** Text of a command line or environment -> the setting's own type; undefined when it cannot be one. */
function fromText(name: SettingName, text: string): unknown {
  switch (settingKind(name)) {
    case 'number': {
      const number = Number(text);
      return text === '' || Number.isNaN(number) ? undefined : number;
    }
    case 'boolean':
      if (/^(true|yes|on|1)$/i.test(text)) return true;
      return /^(false|no|off|0)$/i.test(text) ? false : undefined;
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'text':
      return text;
  }
}
