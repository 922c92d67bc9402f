/**
 * Electron's command line holds the app's path, and switches meant for Chromium that any start script may add. What is left
 * are Herald's own flags.
 */
const CHROMIUM_SWITCHES = [
  /^--no-sandbox$/,
  /^--inspect(-brk)?(=.*)?$/,
  /^--remote-debugging-(port|pipe)(=.*)?$/,
  /^--(enable|disable)-[a-z-]+(=.*)?$/,
  /^--ozone-platform(-hint)?=.*$/,
  /^--original-process-start-time=.*$/,
];

export function ownFlags(argv: readonly string[], isPackaged: boolean): string[] {
  const given = argv.slice(1).filter((argument) => !CHROMIUM_SWITCHES.some((pattern) => pattern.test(argument)));
  // From a checkout the first plain argument is the app's folder.
  return isPackaged ? given : given.slice(1);
}
