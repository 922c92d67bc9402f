import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSettings } from '../../config/load';
import { nearest } from '../../config/nearest';
import { HeraldError } from '../../errors';
import { ProviderError } from '../../provider-error';
import { version } from '../../version';
import { CATALOGUE } from './catalogue';
import { findModel } from './choose';
import { installVoice } from './install';
import { findModels } from './models';

const USAGE = `Usage: npm run voice -- list
       npm run voice -- get NAME [--from URL] [--data DIR]
Neural voices that speak on this machine (--tts local).
  --from URL  a mirror of Hugging Face to download from, e.g. https://hf-mirror.com
  --data DIR  Herald's data folder, where it is not the usual one
`;

export interface Terminal {
  print(text: string): void;
  complain(text: string): void;
  /** Shown in one line that is written over; absent where that is not possible. */
  progress?(text: string): void;
}

/**
 * `npm run voice`.
 * @returns the exit code: 0 done, 1 it could not be done, 2 the command line is at fault, 130 stopped by Ctrl-C
 */
export async function voiceCommand(argv: string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    terminal.complain(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const [command, name, ...more] = positionals;
  const complete = (command === 'list' && name === undefined) || (command === 'get' && name !== undefined);
  if (values.help || !complete || more.length > 0) {
    (values.help ? terminal.print : terminal.complain)(USAGE);
    return values.help ? 0 : 2;
  }
  try {
    const modelsDir = join(dataDir(values.data), 'models', 'tts');
    if (command === 'list') await list(modelsDir, terminal);
    else await get(name!, modelsDir, values.from, terminal, signal);
    return 0;
  } catch (error) {
    terminal.progress?.('');
    if (signal.aborted) {
      terminal.complain('Stopped. The same command goes on from here.\n');
      return 130;
    }
    terminal.complain(`${messageOf(error)}\n`);
    return 1;
  }
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: { from: { type: 'string' }, data: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });

/** As the server finds it, HERALD_DATA included. */
function dataDir(given: string | undefined): string {
  const loaded = loadSettings({ argv: given === undefined ? [] : ['--data', given], env: process.env, version });
  if (loaded.kind === 'run') return loaded.dataDir;
  throw new HeraldError('malformed', loaded.kind === 'problems' ? loaded.problems.join('\n') : loaded.text);
}

async function list(modelsDir: string, terminal: Terminal): Promise<void> {
  const { models, problems } = await findModels(modelsDir);
  terminal.print(`Installed in ${modelsDir}:\n`);
  for (const { name, family, languages, speakers } of models) {
    const several = speakers.length > 0 ? `, ${speakers.length} speakers (${name}:${speakers[0]!.name}, ...)` : '';
    terminal.print(`  ${name.padEnd(26)} ${family}, ${languages.join(' and ') || 'languages not known'}${several}\n`);
  }
  for (const { reason, remedy } of problems) terminal.print(`  cannot be used: ${reason}. ${remedy}\n`);
  if (models.length + problems.length === 0) terminal.print('  none\n');
  terminal.print('To download (npm run voice -- get NAME):\n');
  for (const { name, language, sizeBytes, licence } of CATALOGUE) {
    if (models.some((model) => model.name === name)) continue;
    const terms = licence ?? 'licence: see its MODEL_CARD';
    terminal.print(`  ${name.padEnd(26)} ${language}  ${Math.round(sizeBytes / 1e6)} MB  ${terms}\n`);
  }
}

async function get(name: string, modelsDir: string, host: string | undefined, terminal: Terminal, signal: AbortSignal) {
  if (host !== undefined && !/^https?:\/\/[^/]/.test(host)) {
    throw new HeraldError('malformed', `--from must be an address such as https://hf-mirror.com, not "${host}".`);
  }
  const known = CATALOGUE.map((voice) => voice.name);
  // Found as --voice finds it: a part of the name is enough.
  const voice = findModel(CATALOGUE, name);
  if (!voice) {
    const meant = nearest(name, known);
    const hint = meant ? ` Did you mean ${meant}?` : '';
    throw new HeraldError('not-found', `"${name}" is not in the catalogue.${hint} npm run voice -- list shows it.`);
  }
  const folder = await installVoice(voice, {
    modelsDir,
    signal,
    ...(host !== undefined && { host }),
    onProgress: ({ receivedBytes, totalBytes }) =>
      terminal.progress?.(
        `${voice.name} ${Math.floor((100 * receivedBytes) / totalBytes)} % of ${Math.round(totalBytes / 1e6)} MB`,
      ),
  });
  terminal.progress?.('');
  const card = await readFile(join(folder, 'MODEL_CARD'), 'utf8').catch(() => '');
  terminal.print(`${card.trim()}\n\n${voice.name} is in ${folder}.\n`);
  terminal.print(`Start Herald anew, or with --tts local --voice ${voice.name}\n`);
}

function messageOf(error: unknown): string {
  if (error instanceof ProviderError) return `${error.reason}. ${error.remedy}`;
  return error instanceof Error ? error.message : String(error);
}
