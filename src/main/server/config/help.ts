import {
  defaultTextOf,
  envNameOf,
  flagOf,
  settingChoices,
  settingInfo,
  settingKind,
  settingNames,
} from '../../../shared/settings';

/** The text of --help: every setting with its unit and default, straight from shared/settings.ts. */
export function helpText(): string {
  const flags = settingNames.filter((name) => !settingInfo(name).noFlag);
  const width = Math.max(...flags.map((name) => heading(name).length)) + 2;
  const lines = flags.map((name) => `  ${heading(name).padEnd(width)}${settingInfo(name).help}${defaultNote(name)}`);
  const fromEnvironment = settingNames
    .filter((name) => settingInfo(name).noFlag)
    .map((name) => {
      const names = [envNameOf(name), ...(settingInfo(name).alsoEnv ?? [])].join(', ');
      return `  ${names}\n      ${settingInfo(name).help}`;
    });
  return [
    'Herald: a presenter that speaks over WebRTC.',
    '',
    'Usage: npm start -- [flags]      the studio window and the server',
    '       npm run serve -- [flags]  the server alone',
    '',
    'Flags (--name value or --name=value; "-" and "_" are the same):',
    ...lines,
    `  ${'--help'.padEnd(width)}this text`,
    `  ${'--version'.padEnd(width)}print the version`,
    '',
    'Every flag is also an environment variable (HERALD_LISTENPORT=8010) and a key of settings.json in the data folder.',
    'The command line wins over the environment, which wins over settings.json. Secrets without a flag:',
    ...fromEnvironment,
    '',
  ].join('\n');
}

function heading(name: (typeof settingNames)[number]): string {
  if (settingKind(name) === 'boolean') return flagOf(name);
  return `${flagOf(name)} <${settingChoices(name)?.join('|') ?? settingInfo(name).unit ?? 'text'}>`;
}

function defaultNote(name: (typeof settingNames)[number]): string {
  return ` [default: ${defaultTextOf(name) ?? 'none'}]`;
}
