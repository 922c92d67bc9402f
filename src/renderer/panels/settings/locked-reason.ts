import type { TFunction } from 'i18next';
import type { SettingRow } from '../../../shared/settings-protocol';

/** Why a setting cannot be changed here, and what to do; undefined where it can. */
export function lockedReason(row: SettingRow | undefined, t: TFunction<'settings'>): string | undefined {
  if (row?.locked === undefined) return undefined;
  const source = row.source === 'command line' || row.source === 'environment' ? row.source : 'start';
  return t(`settings.locked.${source}`, { flag: row.flag ?? row.env });
}
