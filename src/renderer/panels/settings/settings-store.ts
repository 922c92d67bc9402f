import { create } from 'zustand';
import type { SettingGroup } from '../../../shared/setting-groups';
import type { SettingProblem, SettingRow } from '../../../shared/settings-protocol';
import type { Told } from '../../../shared/told';
import { allInOwnWords, inOwnWords } from '../../i18n/told';
import { ApiError, authorisation, request } from '../../rtc/http';

export type Group = SettingGroup | 'desktop';
export type Mark = 'saving' | 'applied';

interface SettingsState {
  open: boolean;
  group: Group;
  state: 'loading' | 'ready' | 'failed';
  /** Why the settings could not be read or written, in the server's words; '' where it said nothing. */
  problem: string;
  rows: readonly SettingRow[];
  /** Why a value was refused, by name; it stands at its field until another is tried. */
  problems: Readonly<Record<string, string>>;
  marks: Readonly<Record<string, Mark>>;
  warnings: readonly string[];
}

export const useSettings = create<SettingsState>(() => ({
  open: false,
  group: 'chat',
  state: 'loading',
  problem: '',
  rows: [],
  problems: {},
  marks: {},
  warnings: [],
}));

export function openSettings(group?: Group): void {
  useSettings.setState({ open: true, problems: {}, marks: {}, warnings: [], ...(group && { group }) });
  void loadSettings();
}

export const closeSettings = (): void => useSettings.setState({ open: false });

export async function loadSettings(): Promise<void> {
  try {
    const { data } = await request<{ data: { settings: SettingRow[] } }>('GET', '/api/settings');
    useSettings.setState({ state: 'ready', problem: '', rows: data.settings });
  } catch (error) {
    useSettings.setState({ state: 'failed', problem: error instanceof ApiError ? error.message : String(error) });
  }
}

interface Changed {
  data: {
    settings: SettingRow[];
    applied: string[];
    atNextStart: string[];
    warnings: string[];
    toldWarnings?: (Told | null)[];
  };
}

/** Changes settings; null goes back to the default. Resolves with whether it was taken. What was wrong stands at each field. */
export async function changeSettings(changes: Readonly<Record<string, unknown>>): Promise<boolean> {
  const names = Object.keys(changes);
  mark(names, 'saving');
  let reply: Changed | { msg?: string; told?: Told; problems?: SettingProblem[] };
  try {
    // Not by `request`: a refusal here is more than its message.
    const answer = await fetch('/api/settings', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...authorisation() },
      body: JSON.stringify(changes),
    });
    reply = (await answer.json()) as typeof reply;
  } catch {
    reply = {};
  }
  if ('data' in reply) {
    const { settings, warnings, toldWarnings } = reply.data;
    useSettings.setState((s) => ({
      rows: settings,
      warnings: allInOwnWords(toldWarnings, warnings),
      problems: without(s.problems, names),
      marks: { ...s.marks, ...Object.fromEntries(names.map((name) => [name, 'applied' as const])) },
    }));
    return true;
  }
  const { problems = [], msg = '', told } = reply;
  const refused = Object.fromEntries(problems.map(({ name, msg, told }) => [name, inOwnWords(told, msg)]));
  // A refusal of the whole (no token, no server) stands at what was touched.
  const whole = problems.length > 0 ? {} : Object.fromEntries(names.map((name) => [name, inOwnWords(told, msg)]));
  useSettings.setState((s) => ({
    problems: { ...without(s.problems, names), ...whole, ...refused },
    marks: without(s.marks, names),
  }));
  return false;
}

function mark(names: readonly string[], as: Mark): void {
  useSettings.setState((s) => ({ marks: { ...s.marks, ...Object.fromEntries(names.map((name) => [name, as])) } }));
}

const without = <T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
