import { join } from 'node:path';

export interface Machine {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  homeDir: string;
}

/** Where the user's own things live when --data does not say: the platform's config folder + /herald. */
export function defaultDataDir({ platform, env, homeDir }: Machine): string {
  if (platform === 'win32') return join(env.APPDATA || join(homeDir, 'AppData', 'Roaming'), 'herald');
  if (platform === 'darwin') return join(homeDir, 'Library', 'Application Support', 'herald');
  // XDG Base Directory: a relative XDG_CONFIG_HOME is invalid and must be ignored.
  const xdg = env.XDG_CONFIG_HOME;
  return join(xdg?.startsWith('/') ? xdg : join(homeDir, '.config'), 'herald');
}
