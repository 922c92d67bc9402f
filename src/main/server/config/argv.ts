import { flagOf, type SettingName, settingInfo, settingKind, settingNames } from '../../../shared/settings';
import { nearest } from './nearest';

export interface ParsedArgv {
  help: boolean;
  version: boolean;
  /** Raw values as typed; a flag that was repeated keeps the last one, a list keeps them all. */
  values: Map<SettingName, string>;
  warnings: string[];
  problems: string[];
}

/** Flags of the peers' start scripts that steer things Herald has not (their networks' windows, sizes, files). */
const PEERS_FLAGS = new Set(['fps', 'l', 'm', 'r', 'w', 'h', 'bbox_shift', 'modelres', 'modelfile']);
const isPeersFlag = (name: string) => PEERS_FLAGS.has(name) || name === 'asr' || name.startsWith('asr_');

const SWITCH_WORDS = /^(true|false|yes|no|on|off|1|0)$/i;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** `--ref-file` and `--REF_FILE` are one flag. */
const normalise = (name: string) => name.replaceAll('-', '_').toLowerCase();
const byFlag = new Map(settingNames.map((name) => [normalise(name), name]));

/** Reads a command line. Values stay text: load.ts turns them into settings, so that all problems come out together. */
export function parseArgv(argv: readonly string[]): ParsedArgv {
  const parsed: ParsedArgv = { help: false, version: false, values: new Map(), warnings: [], problems: [] };
  const ignored: string[] = [];

  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (!argument.startsWith('-') || argument === '-') {
      parsed.problems.push(`unexpected "${argument}": settings are given as --name value (see --help)`);
      continue;
    }
    const equals = argument.indexOf('=');
    const typed = equals < 0 ? argument : argument.slice(0, equals);
    const inline = equals < 0 ? undefined : argument.slice(equals + 1);
    const name = normalise(typed.replace(/^--?/, ''));
    const next = argv[i + 1];

    // Before case is folded: `-h` is help, while `--H` is the peers' picture height.
    if (name === 'help' || typed === '-h') parsed.help = true;
    else if (name === 'version' || typed === '-v') parsed.version = true;
    else if (typed.startsWith('--') && byFlag.has(name)) {
      const setting = byFlag.get(name)!;
      const value = inline === undefined ? valueAfter(setting, next) : { text: inline, consumed: false };
      if (value.consumed) i++;
      record(parsed, setting, typed, value.text);
    } else if (isPeersFlag(name)) {
      ignored.push(typed);
      if (inline === undefined && next !== undefined && (!next.startsWith('-') || NUMBER.test(next))) i++;
    } else {
      parsed.problems.push(unknownFlag(typed, name));
      if (inline === undefined && next !== undefined && !next.startsWith('-')) i++;
    }
  }

  if (ignored.length > 0) {
    parsed.warnings.push(`ignored, they mean nothing to Herald: ${[...new Set(ignored)].join(' ')}`);
  }
  return parsed;
}

function valueAfter(setting: SettingName, next: string | undefined): { text: string | undefined; consumed: boolean } {
  if (settingKind(setting) === 'boolean') {
    const given = next !== undefined && SWITCH_WORDS.test(next);
    return { text: given ? next : 'true', consumed: given };
  }
  const missing = next === undefined || (next.startsWith('-') && !NUMBER.test(next));
  return missing ? { text: undefined, consumed: false } : { text: next, consumed: true };
}

function record(parsed: ParsedArgv, setting: SettingName, typed: string, value: string | undefined): void {
  const { noFlag, unit } = settingInfo(setting);
  if (noFlag) {
    parsed.problems.push(
      `${typed}: not on the command line, where every user of this machine could read it; set HERALD_${setting.toUpperCase()} instead`,
    );
  } else if (value === undefined) {
    parsed.problems.push(`${typed} needs a value${unit ? ` (${unit})` : ''}`);
  } else if (settingKind(setting) === 'list' && parsed.values.has(setting)) {
    parsed.values.set(setting, `${parsed.values.get(setting)},${value}`);
  } else {
    parsed.values.set(setting, value);
  }
}

function unknownFlag(typed: string, name: string): string {
  const flags = [...settingNames.filter((s) => !settingInfo(s).noFlag).map(normalise), 'help', 'version'];
  const candidate = nearest(name, flags);
  const meant = candidate && (byFlag.has(candidate) ? flagOf(byFlag.get(candidate)!) : `--${candidate}`);
  return `unknown flag ${typed}${meant ? `: did you mean ${meant}?` : ''} (--help lists all)`;
}
