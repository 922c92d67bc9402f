import { resolve } from 'node:path';
import {
  defaultSettings,
  type SettingName,
  type Settings,
  settingInfo,
  settingNames,
  settingsSchema,
} from '../../../shared/settings';
import type { SettingProblem, SettingRow } from '../../../shared/settings-protocol';
import { say } from '../../../shared/told';
import { describeSettings, lockOf } from './describe';
import { isLive } from './live-names';
import type { SettingSource } from './load';
import { PATHS, problemsTogether } from './load';
import { nearest } from './nearest';
import { whyNot } from './reasons';
import { readSettingsFile, saveSettings, settingsFileOf, type Vault } from './settings-file';

export type Sources = Record<SettingName, SettingSource>;

/** A part that has to be told when its settings change; parts that read `current` whenever they need a value need not. */
export interface Follower {
  names: readonly SettingName[];
  /** Looks at what is to come, before anything is written. @throws Error, for people, when it cannot be used */
  check?(next: Readonly<Settings>): void;
  /** Takes what `current` says now into use. */
  apply(): void;
}

export type ChangeResult =
  | { problems: SettingProblem[] }
  | { applied: SettingName[]; atNextStart: SettingName[]; warnings: string[] };

export interface LiveSettingsOptions {
  settings: Settings;
  /** Where each value came from at start. Default: a flag for whatever differs from its default. */
  sources?: Sources;
  dataDir: string;
  vault?: Vault;
}

/**
 * The settings of a running server, and their way into settings.json. A change is checked as a whole, written, and then taken
 * into use at once where that can be done (live-names.ts); nothing is changed while any value of it is wrong.
 */
export class LiveSettings {
  /** In effect now. One object that changes in place, so whoever reads it when a value is needed is up to date. */
  readonly current: Settings;
  /** What the next start would use. */
  readonly #saved: Settings;
  readonly #sources: Sources;
  readonly #dataDir: string;
  readonly #vault: Vault | undefined;
  readonly #followers: Follower[] = [];
  /** Ends when the change under way does. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor({ settings, sources, dataDir, vault }: LiveSettingsOptions) {
    this.current = { ...settings };
    this.#saved = { ...settings };
    this.#sources = { ...(sources ?? guessedSources(settings)) };
    this.#dataDir = dataDir;
    this.#vault = vault;
  }

  follow(follower: Follower): void {
    this.#followers.push(follower);
  }

  describe(): SettingRow[] {
    return describeSettings({ current: this.current, saved: this.#saved, sources: this.#sources });
  }

  /**
   * Changes wait for one another.
   * @param changes by name; null or undefined goes back to the default
   * @throws when settings.json cannot be read or written; nothing has changed then
   */
  change(changes: Readonly<Record<string, unknown>>): Promise<ChangeResult> {
    const result = this.#changing.then(() => this.#change(changes));
    this.#changing = result.catch(() => {});
    return result;
  }

  async #change(changes: Readonly<Record<string, unknown>>): Promise<ChangeResult> {
    const { values, written, problems } = this.#checked(changes);
    if (problems.length > 0) return { problems };
    const names = (Object.keys(values) as SettingName[]).filter((name) => !same(values[name], this.#saved[name]));

    const secretsBefore = this.#plainSecrets();
    const plain = await saveSettings(this.#dataDir, written, this.#vault);
    for (const name of Object.keys(values) as SettingName[]) {
      this.#sources[name] = written[name] === undefined ? 'default' : 'settings.json';
      assign(this.#saved, name, values[name]);
    }
    const applied = names.filter(isLive);
    for (const name of applied) assign(this.current, name, values[name]);
    for (const { names: wanted, apply } of this.#followers) {
      if (wanted.some((name) => applied.includes(name))) apply();
    }
    const warnings = plain.filter((name) => !secretsBefore.includes(name)).map(plainWarning);
    return { applied, atNextStart: names.filter((name) => !isLive(name)), warnings };
  }

  /** `values` are for use, `written` are as typed: what settings.json keeps. */
  #checked(changes: Readonly<Record<string, unknown>>) {
    const problems: SettingProblem[] = [];
    const values: Partial<Settings> = {};
    const written: Partial<Settings> = {};
    const defaults: Settings = defaultSettings();
    for (const [key, value] of Object.entries(changes)) {
      const name = settingNames.find((candidate) => candidate === key);
      const problem = name ? this.#problemOf(name, value) : { name: key, msg: unknownSetting(key) };
      if (problem) problems.push(problem);
      else if (value === null || value === undefined) {
        Object.assign(written, { [name!]: undefined });
        Object.assign(values, { [name!]: defaults[name!] });
      } else {
        const parsed = settingsSchema.shape[name!].parse(value);
        Object.assign(written, { [name!]: parsed });
        Object.assign(values, { [name!]: this.#forUse(name!, parsed) });
      }
    }
    if (problems.length === 0) {
      const next = { ...this.#saved, ...values };
      problems.push(...problemsTogether(next), ...this.#problemsOfFollowers(next, Object.keys(values)));
    }
    return { values, written, problems };
  }

  #problemOf(name: SettingName, value: unknown): SettingProblem | undefined {
    const lock = lockOf(name, this.#sources[name]);
    if (lock) return { name, msg: lock };
    if (value === null || value === undefined) return undefined;
    const checked = settingsSchema.shape[name].safeParse(value);
    return checked.success ? undefined : { name, msg: whyNot(name, checked.error.issues[0]) };
  }

  #problemsOfFollowers(next: Settings, changed: readonly string[]): SettingProblem[] {
    return this.#followers.flatMap(({ names, check }) => {
      const name = names.find((candidate) => changed.includes(candidate));
      if (!name || !check) return [];
      try {
        check(next);
        return [];
      } catch (error) {
        return [{ name, msg: error instanceof Error ? error.message : String(error) }];
      }
    });
  }

  #forUse<T>(name: SettingName, value: T): T | string {
    const isPath = (PATHS as readonly SettingName[]).includes(name);
    return isPath && typeof value === 'string' ? resolve(this.#dataDir, value) : value;
  }

  #plainSecrets(): SettingName[] {
    const content = readSettingsFile(settingsFileOf(this.#dataDir)) ?? {};
    return settingNames.filter((name) => settingInfo(name).secret && typeof content[name] === 'string');
  }
}

const assign = (settings: Settings, name: SettingName, value: unknown): void =>
  void Object.assign(settings, { [name]: value });

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function unknownSetting(key: string): string {
  const shown = key.slice(0, 60);
  const meant = nearest(key, settingNames);
  return `there is no setting "${shown}"${meant ? `; did you mean "${meant}"?` : ''}`;
}

const plainWarning = (name: SettingName) => say('setting.plain', { name });

function guessedSources(settings: Settings): Sources {
  const defaults = defaultSettings();
  return Object.fromEntries(
    settingNames.map((name) => [name, same(settings[name], defaults[name]) ? 'default' : 'command line']),
  ) as Sources;
}
