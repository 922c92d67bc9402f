import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import {
  defaultTextOf,
  envNameOf,
  flagOf,
  type SettingName,
  type Settings,
  settingInfo,
  settingKind,
  settingNames,
  settingsSchema,
} from '../../../shared/settings';
import { parseArgv } from './argv';
import { writeFileAtomic } from './atomic';
import { defaultDataDir } from './data-dir';
import { helpText } from './help';
import { nearest } from './nearest';

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
    fromFile(join(dataDir, 'settings.json'), problems, warnings),
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

  if (merged.transport === 'rtmp' || merged.transport === 'rtcpush') {
    problems.push(`--transport ${merged.transport} is not available yet: this version serves --transport webrtc`);
  }
  if (problems.length > 0) return { kind: 'problems', problems };
  const settings = settingsSchema.parse({ ...merged, data: dataDir });
  for (const name of ['avatars', 'models', 'customvideo_config', 'rules'] as const) {
    const path = settings[name];
    if (path !== undefined) settings[name] = resolve(sources[name] === 'settings.json' ? dataDir : cwd, path);
  }
  if (settings.no_auth) warnings.push('--no_auth: anyone who reaches this port, web pages included, controls Herald');
  return { kind: 'run', settings, dataDir, sources, warnings };
}

/** Writes settings.json with these keys changed (undefined removes one) and the others as they were. */
export function saveSettings(dataDir: string, changes: Partial<Settings>): void {
  const file = join(dataDir, 'settings.json');
  const kept = readSettingsFile(file) ?? {};
  const { data: _livesElsewhere, ...next } = { ...kept, ...changes };
  writeFileAtomic(file, `${JSON.stringify(next, null, 2)}\n`);
}

function readSettingsFile(file: string): Record<string, unknown> | undefined {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed: unknown = JSON.parse(content);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Error('it must hold one object');
  return parsed as Record<string, unknown>;
}

function fromFile(file: string, problems: string[], warnings: string[]): Map<SettingName, Given> {
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
    } else if (value !== null) {
      given.set(name, { value, where: `settings.json: ${name}`, source: 'settings.json' });
    }
  }
  return given;
}

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

const EXPECTED = {
  number: 'must be a number',
  boolean: 'must be true or false',
  list: 'must be a list',
  text: 'must be text',
};

function whyNot(name: SettingName, issue?: z.core.$ZodIssue): string {
  const { unit } = settingInfo(name);
  const byDefault = defaultTextOf(name);
  const notes = [unit, byDefault && `default ${byDefault}`].filter(Boolean).join(', ');
  return `${reasonOf(name, issue)}${notes ? ` (${notes})` : ''}`;
}

function reasonOf(name: SettingName, issue?: z.core.$ZodIssue): string {
  switch (issue?.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'must be a whole number' : EXPECTED[settingKind(name)];
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    default:
      return issue?.message ?? EXPECTED[settingKind(name)];
  }
}
