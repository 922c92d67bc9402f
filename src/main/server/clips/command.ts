import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { backgroundOf } from '../avatar/background';
import { loadSettings } from '../config/load';
import { HeraldError } from '../errors';
import { createLogger } from '../log';
import { toSrt } from '../recordings/subtitles';
import { version } from '../version';
import { BatchState, digestOf, readBatch, readScript } from './batch';
import { subtitlesOf } from './captions';
import { clipFormatOf } from './format';
import { type ClipJob, isTransparent, onlyOne } from './job';
import { makeOutFolder } from './out-folder';
import type { ClipFacts, ClipProgress } from './render';
import { MAX_SCRIPT_CHARACTERS, type ScriptStep } from './script';
import { parseSize } from './size';
import { ClipStudio, type RenderOptions } from './studio';

const USAGE = `Makes a clip of a presenter that speaks, without a viewer and faster than real time.

Usage: npm run clip -- --text "..." | --audio FILE | --script FILE --out FILE.mp4|FILE.webm
       npm run clip -- --batch FILE.csv|FILE.json --out FOLDER

  --text TEXT     what to say; - reads it from the standard input
  --audio FILE    a recording that the presenter speaks
  --script FILE   lines to say, with [pause 1.5], [voice NAME], [mode still], [mode live], [audio FILE], # remarks
  --batch FILE    many clips: columns text, audio or script, and name, avatar, voice, size, seed; goes on where it stopped
  --out PATH      the clip, or the folder of many
  --avatar NAME   the presenter
  --background C  a colour such as 00ff00 for it to stand before, to be keyed out; transparent makes a WebM with alpha
  --voice NAME    its voice
  --tts NAME      voice engine; auto means one of this machine, so that a clip can be made again
  --size SIZE     512, 720 (shorter side) or 1080x1920, filled and cut around the face
  --seed N        where the presenter begins: 0 with its first picture
  --srt           write the subtitles beside the clip
  --overwrite     replace a file that is there
  --quiet         no progress
  --data DIR      Herald's data folder; other settings come from it and from HERALD_... variables
`;

const OPTIONS = {
  text: { type: 'string' },
  audio: { type: 'string' },
  script: { type: 'string' },
  batch: { type: 'string' },
  out: { type: 'string' },
  avatar: { type: 'string' },
  background: { type: 'string' },
  voice: { type: 'string' },
  tts: { type: 'string' },
  size: { type: 'string' },
  seed: { type: 'string' },
  srt: { type: 'boolean' },
  overwrite: { type: 'boolean' },
  quiet: { type: 'boolean' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export interface Terminal {
  print(text: string): void;
  complain(text: string): void;
  /** A line that is written over; '' clears it. Absent where nobody looks on. */
  status?(text: string): void;
  readText(): Promise<string>;
}

const SOURCES = ['text', 'audio', 'script', 'batch'] as const;
type Values = ReturnType<typeof parse>['values'];

/**
 * `npm run clip`.
 * @returns the exit code: 0 made, 1 it could not be made (of a batch: some), 2 the command line is at fault, 130 stopped
 */
export async function clipCommand(argv: string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  let values: Values;
  try {
    values = parse(argv).values;
    if (values.help) {
      terminal.print(USAGE);
      return 0;
    }
    onlyOne(values, SOURCES, 'what to show');
    if (!values.out) throw new HeraldError('malformed', 'say where it goes with --out');
    const wanted = `.${clipFormatOf(isTransparent(choicesOf(values)))}`;
    if (values.batch === undefined && !values.out.toLowerCase().endsWith(wanted)) {
      const rule = 'a clip is an .mp4 file, with --background transparent a .webm file';
      throw new HeraldError('malformed', `--out ${values.out}: ${rule}`);
    }
  } catch (error) {
    terminal.complain(`${(error as Error).message}\n(npm run clip -- --help says more)\n`);
    return 2;
  }
  try {
    return await run(values, terminal, signal);
  } catch (error) {
    terminal.status?.('');
    if (signal.aborted) {
      terminal.complain('Stopped; nothing was left half-made.\n');
      return 130;
    }
    terminal.complain(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

const parse = (args: string[]) => parseArgs({ args, options: OPTIONS, allowPositionals: false });

function choicesOf({ avatar, background, voice, size, seed }: Values): Omit<ClipJob, 'script'> {
  if (seed !== undefined && !/^\d{1,15}$/.test(seed)) {
    throw new HeraldError('malformed', `--seed ${seed}: say a whole number from 0 on`);
  }
  return {
    ...(avatar !== undefined && { avatar }),
    ...(background !== undefined && { background: backgroundOf(background).id }),
    ...(voice !== undefined && { voice }),
    ...(size !== undefined && { size: parseSize(size) }),
    ...(seed !== undefined && { seed: Number(seed) }),
  };
}

async function run(values: Values, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const flags = [...(values.data ? ['--data', values.data] : []), ...(values.tts ? ['--tts', values.tts] : [])];
  const loaded = loadSettings({ argv: flags, env: process.env, version });
  if (loaded.kind !== 'run') throw new Error(loaded.kind === 'problems' ? loaded.problems.join('\n') : loaded.text);
  const { settings, dataDir } = loaded;
  // What is made is read before anything is started: a slip of the pen should not take seconds.
  const batch = values.batch === undefined ? undefined : await readBatch(resolve(values.batch));
  const script = batch ? undefined : await scriptFrom(values, terminal);
  const out = resolve(values.out!);
  await makeOutFolder(batch ? out : dirname(out));
  const log = createLogger(process.env.HERALD_LOG_LEVEL === undefined ? 'error' : settings.log_level);
  const studio = await ClipStudio.open({ settings, dataDir, log, signal });
  const choices = choicesOf(values);
  try {
    if (batch) {
      const jobs = batch.map(({ name, job }) => ({ name, job: { ...choices, ...job } }));
      return await runBatch(jobs, studio, values, terminal, signal);
    }
    const facts = await studio.render({ script: script!, ...choices }, renderOptions(out, values, terminal));
    if (values.srt) await writeSubtitles(facts);
    terminal.status?.('');
    terminal.print(`${describe(facts)}\n`);
    return 0;
  } finally {
    await studio.close();
  }
}

async function scriptFrom(values: Values, terminal: Terminal): Promise<ScriptStep[]> {
  if (values.script !== undefined) return readScript(resolve(values.script));
  if (values.audio !== undefined) return [{ kind: 'audio', file: resolve(values.audio) }];
  const text = values.text === '-' ? await terminal.readText() : values.text!;
  if (text.trim() === '') throw new HeraldError('malformed', 'the text is empty: there is nothing to say');
  if (text.length > MAX_SCRIPT_CHARACTERS) {
    throw new HeraldError(
      'too-large',
      `the text is longer than ${MAX_SCRIPT_CHARACTERS} characters: make several clips`,
    );
  }
  return [{ kind: 'say', text }];
}

async function runBatch(
  jobs: { name: string; job: ClipJob }[],
  studio: ClipStudio,
  values: Values,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const dir = resolve(values.out!);
  const state = await BatchState.read(dir);
  const tally = { made: 0, kept: 0, failed: 0 };
  for (const [i, { name, job }] of jobs.entries()) {
    signal.throwIfAborted();
    const place = `${i + 1}/${jobs.length} ${name}`;
    try {
      const digest = await digestOf(job, studio.makings);
      const format = clipFormatOf(isTransparent(job));
      if (await state.has(name, digest, format)) {
        tally.kept++;
        continue;
      }
      const options = renderOptions(state.fileOf(name, format), values, terminal, place);
      const facts = await studio.render(job, { ...options, overwrite: values.overwrite || state.owns(name) });
      if (values.srt) await writeSubtitles(facts);
      state.add(name, digest, facts.bytes);
      tally.made++;
      terminal.status?.('');
      terminal.print(`${place}: ${describe(facts)}\n`);
    } catch (error) {
      if (signal.aborted) throw error;
      tally.failed++;
      terminal.status?.('');
      terminal.complain(`${place}: ${(error as Error).message}\n`);
    }
  }
  terminal.print(`${tally.made} made, ${tally.kept} were there already, ${tally.failed} failed\n`);
  return tally.failed > 0 ? 1 : 0;
}

function renderOptions(out: string, values: Values, terminal: Terminal, place?: string): RenderOptions {
  return {
    out,
    overwrite: values.overwrite ?? false,
    onWarning: (message) => terminal.complain(`${message}\n`),
    ...(!values.quiet && { onProgress: (progress) => terminal.status?.(bar(progress, place)) }),
  };
}

const BAR_WIDTH = 30;

function bar({ fraction, renderedMs }: ClipProgress, place?: string): string {
  const filled = Math.round(fraction * BAR_WIDTH);
  const drawn = `${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}`;
  return `${place ? `${place} ` : ''}[${drawn}] ${Math.floor(100 * fraction)} %  ${(renderedMs / 1_000).toFixed(1)} s`;
}

const describe = ({ file, durationMs, widthPx, heightPx, bytes }: ClipFacts): string =>
  `${file}: ${(durationMs / 1_000).toFixed(2)} s, ${widthPx}x${heightPx}, ${(bytes / 1e6).toFixed(1)} MB`;

async function writeSubtitles({ file, sentences }: ClipFacts): Promise<void> {
  await writeFile(file.replace(/\.mp4$/i, '.srt'), toSrt(subtitlesOf(sentences)));
}
