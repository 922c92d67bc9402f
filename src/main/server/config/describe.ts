import { compareSettings, groupOf } from '../../../shared/setting-groups';
import {
  defaultSettings,
  envNameOf,
  flagOf,
  type SettingName,
  type Settings,
  settingChoices,
  settingInfo,
  settingKind,
  settingNames,
  settingRange,
} from '../../../shared/settings';
import type { SettingRow } from '../../../shared/settings-protocol';
import { isLive } from './live-names';
import type { SettingSource } from './load';

/** Programs to run are named by whoever may start programs here, not by whoever reaches the server. */
const ONLY_BY_HAND: readonly SettingName[] = ['data', 'ffmpeg_path'];

/** Why a setting cannot be changed while the server runs, or undefined. */
export function lockOf(name: SettingName, source: SettingSource): string | undefined {
  if (ONLY_BY_HAND.includes(name)) return `can only be set at start: ${flagOf(name)}, or ${envNameOf(name)}`;
  if (source === 'command line')
    return `set on the command line (${flagOf(name)}), which wins: leave it out there first`;
  if (source === 'environment') return 'set in the environment, which wins over settings.json: unset it there first';
  return undefined;
}

/** Every setting as the panel shows it. Secrets only as set or not. */
export function describeSettings(state: {
  current: Settings;
  saved: Settings;
  sources: Record<SettingName, SettingSource>;
}): SettingRow[] {
  const defaults = defaultSettings();
  return [...settingNames].sort(compareSettings).flatMap((name): SettingRow[] => {
    const group = groupOf(name);
    if (!group) return [];
    const { help, unit, secret = false, noFlag, defaultText } = settingInfo(name);
    const choices = settingChoices(name);
    const saved = state.saved[name];
    const source = state.sources[name];
    const locked = lockOf(name, source);
    return [
      {
        name,
        group,
        kind: choices ? 'choice' : settingKind(name),
        ...(choices && { choices }),
        ...settingRange(name),
        ...(unit && { unit }),
        help,
        value: secret ? null : (saved ?? null),
        default: secret ? null : (defaults[name] ?? null),
        ...(defaultText && { defaultText }),
        secret,
        isSet: saved !== undefined,
        source,
        ...(!noFlag && { flag: flagOf(name) }),
        env: envNameOf(name),
        applies: isLive(name) ? 'now' : 'next start',
        waits: JSON.stringify(saved) !== JSON.stringify(state.current[name]),
        ...(locked && { locked }),
      },
    ];
  });
}
