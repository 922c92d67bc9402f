import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type DesktopPreferences, HOTKEYS, type PreferenceChanges } from '../preload/bridge';
import { writeFileAtomic } from './server/config/atomic';

/** Modifiers and one key, as Electron names them; '' is off. A bare letter would be taken from every other program. */
const hotkey = z
  .string()
  .regex(
    /^$|^(?:(?:CommandOrControl|CmdOrCtrl|Command|Cmd|Control|Ctrl|Alt|Option|AltGr|Shift|Super|Meta)\+)+[\w\-=[\];',./\\`]{1,16}$|^(?:F\d{1,2}|Media\w+)$/,
    {
      error: 'must be keys such as CommandOrControl+Alt+Shift+I, F9 or MediaPlayPause',
    },
  );

const hotkeys = z.object({
  interrupt: hotkey.default('CommandOrControl+Alt+Shift+I'),
  record: hotkey.default('CommandOrControl+Alt+Shift+R'),
  nextLine: hotkey.default('CommandOrControl+Alt+Shift+N'),
});

const preferences = z.object({
  hotkeys: hotkeys.prefault({}),
  feedOnTop: z.boolean().default(true),
  notify: z.boolean().default(true),
  closeToTray: z.boolean().default(false),
  welcomed: z.boolean().default(false),
}) satisfies z.ZodType<DesktopPreferences>;

/** Strict: what a page sends must be what was agreed. */
export const preferenceChanges = z
  .strictObject({
    hotkeys: z
      .strictObject(Object.fromEntries(HOTKEYS.map((key) => [key, hotkey])) as Record<string, typeof hotkey>)
      .partial(),
    feedOnTop: z.boolean(),
    notify: z.boolean(),
    closeToTray: z.boolean(),
    welcomed: z.boolean(),
  })
  .partial();

/** The preferences of the desktop app, in desktop.json of the data folder. */
export class PreferenceFile {
  #current: DesktopPreferences;

  constructor(private readonly file: string) {
    this.#current = read(file);
  }

  get current(): DesktopPreferences {
    return this.#current;
  }

  /** @throws ZodError for what is not a preference, and what keeps the file from being written */
  change(given: PreferenceChanges): DesktopPreferences {
    const { hotkeys, ...changes } = preferenceChanges.parse(given);
    const next = preferences.parse({
      ...this.#current,
      ...changes,
      hotkeys: { ...this.#current.hotkeys, ...hotkeys },
    });
    writeFileAtomic(this.file, `${JSON.stringify(next, null, 2)}\n`);
    this.#current = next;
    return next;
  }
}

/** A file that cannot be read, or holds something else, is not worth keeping an app from starting. */
function read(file: string): DesktopPreferences {
  try {
    const parsed = preferences.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (parsed.success) return parsed.data;
  } catch {
    // There is none yet.
  }
  return preferences.parse({});
}
