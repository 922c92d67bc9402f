import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SettingName, type Settings, settingInfo, settingNames } from '../../../shared/settings';
import { replaceFile, writeFileAtomic } from './atomic';

/** A secret as it stands in settings.json once the system's safe storage holds its key. */
export interface Sealed {
  /** Base64 of what safe storage made of it. */
  sealed: string;
}

/** The system's safe storage, where there is one: the desktop app's (Keychain, DPAPI, libsecret or KWallet). */
export interface Vault {
  /** @returns undefined where it cannot be kept safe: then it is written as it is, into a file that only its owner reads. */
  seal(secret: string): Sealed | undefined;
  /** @returns undefined for what another user or machine sealed. */
  open(sealed: Sealed): string | undefined;
}

export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Sealed>).sealed === 'string';

export const settingsFileOf = (dataDir: string): string => join(dataDir, 'settings.json');

/** @returns undefined where there is no file. @throws what is wrong with the one there is */
export function readSettingsFile(file: string): Record<string, unknown> | undefined {
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

/**
 * Writes settings.json with these keys changed (undefined removes one) and the others as they were, all secrets sealed where
 * that can be done. One call at a time: the file is read first. @returns the secrets that stand there in plain text.
 */
export async function saveSettings(dataDir: string, changes: Partial<Settings>, vault?: Vault): Promise<SettingName[]> {
  const { file, text, plain } = changed(dataDir, changes, vault);
  await replaceFile(file, text);
  return plain;
}

function changed(dataDir: string, changes: Partial<Settings>, vault: Vault | undefined) {
  const file = settingsFileOf(dataDir);
  const { data: _livesElsewhere, ...next } = { ...readSettingsFile(file), ...changes };
  const { content, plain } = sealed(next, vault);
  return { file, text: `${JSON.stringify(content, null, 2)}\n`, plain };
}

/** Seals what was written in plain text, by hand or by a system that had no safe storage then. @returns whether anything changed. */
export function sealStoredSecrets(dataDir: string, vault: Vault): boolean {
  const file = settingsFileOf(dataDir);
  const content = readSettingsFile(file);
  if (!content || !secretsIn(content).some((name) => vault.seal(content[name] as string))) return false;
  writeFileAtomic(file, changed(dataDir, {}, vault).text);
  return true;
}

function sealed(content: Record<string, unknown>, vault: Vault | undefined) {
  const plain: SettingName[] = [];
  const next = { ...content };
  for (const name of secretsIn(content)) {
    const safe = vault?.seal(content[name] as string);
    if (safe) next[name] = safe;
    else plain.push(name);
  }
  return { content: next, plain };
}

const secretsIn = (content: Record<string, unknown>): SettingName[] =>
  settingNames.filter((name) => settingInfo(name).secret && typeof content[name] === 'string');
