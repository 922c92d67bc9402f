import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../config/atomic';
import { HeraldError } from '../errors';
import { parseCsv } from './csv';
import type { ClipFormat } from './format';
import { type ClipJob, clipChoices, onlyOne } from './job';
import { jsonScript, parseScript, type ScriptStep, scriptOf } from './script';

export interface BatchEntry {
  /** File name of its clip, without `.mp4` or `.webm`. */
  name: string;
  job: ClipJob;
}

const MAX_ENTRIES = 10_000;
const SOURCES = ['text', 'audio', 'script'] as const;
/** Remembers what was made of what. It lies beside the clips, so that a folder can be moved, and finished elsewhere. */
const STATE_FILE = '.herald-clips.json';

const clipName = z
  .string()
  .trim()
  .regex(/^(?!\.)[^\\/:*?"<>|\p{Cc}]{1,120}$/u, { error: 'must be a file name without folders' });
const entrySchema = clipChoices.extend({
  name: clipName.optional(),
  text: z.string().trim().min(1).optional(),
  audio: z.string().min(1).optional(),
  script: z.union([z.string().min(1), jsonScript]).optional(),
});

/**
 * A table of clips: CSV with a header line, or a JSON list of objects. Columns: `text`, `audio` (a file) or `script` (a file; in
 * JSON also the steps themselves), and `name`, `avatar`, `voice`, `size`, `seed` where wanted. Paths count from the table.
 * @throws HeraldError('malformed') naming every row that is wrong
 */
export async function readBatch(file: string): Promise<BatchEntry[]> {
  const rows = rowsOf(file, await readText(file));
  if (rows.length === 0) throw new HeraldError('malformed', `${file} lists no clips`);
  if (rows.length > MAX_ENTRIES) throw new HeraldError('too-large', `${file} lists more than ${MAX_ENTRIES} clips`);
  const problems: string[] = [];
  const entries: BatchEntry[] = [];
  const taken = new Set<string>();
  for (const [i, row] of rows.entries()) {
    try {
      const parsed = entrySchema.safeParse(row);
      if (!parsed.success) {
        throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', '));
      }
      const { name = String(i + 1).padStart(4, '0'), text, audio, script, ...choices } = parsed.data;
      if (taken.has(name.toLowerCase())) throw new Error(`another clip has the name ${name} already`);
      taken.add(name.toLowerCase());
      const source = onlyOne({ text, audio, script }, SOURCES, 'what it shows');
      const steps = await stepsOf(source, (parsed.data[source] as string | z.infer<typeof jsonScript>)!, dirname(file));
      entries.push({ name, job: { script: steps, ...choices } });
    } catch (error) {
      problems.push(`clip ${i + 1}: ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new HeraldError('malformed', `${file}:\n${problems.join('\n')}`);
  return entries;
}

async function stepsOf(
  source: (typeof SOURCES)[number],
  value: string | z.infer<typeof jsonScript>,
  dir: string,
): Promise<ScriptStep[]> {
  if (typeof value !== 'string') return relativeTo(dir, scriptOf(value));
  if (source === 'text') return [{ kind: 'say', text: value }];
  if (source === 'audio') return [{ kind: 'audio', file: resolve(dir, value) }];
  return readScript(resolve(dir, value));
}

/** A script file: the text form, or JSON where it ends in .json. Paths in it count from its folder. */
export async function readScript(file: string): Promise<ScriptStep[]> {
  const text = await readText(file);
  try {
    if (extname(file).toLowerCase() !== '.json') return relativeTo(dirname(file), parseScript(text));
    const parsed = jsonScript.safeParse(JSON.parse(text));
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0]!;
      throw new Error(`step ${Number(path[0] ?? 0) + 1}: ${message}`);
    }
    return relativeTo(dirname(file), scriptOf(parsed.data));
  } catch (error) {
    throw new HeraldError('malformed', `${basename(file)}: ${(error as Error).message}`);
  }
}

const relativeTo = (dir: string, steps: ScriptStep[]): ScriptStep[] =>
  steps.map((step) => (step.kind === 'audio' ? { ...step, file: resolve(dir, step.file) } : step));

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new HeraldError(
      'malformed',
      `${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`,
    );
  }
}

function rowsOf(file: string, text: string): unknown[] {
  if (extname(file).toLowerCase() !== '.json') {
    return parseCsv(text).map((row) => {
      const given = Object.entries(row).filter(([, value]) => value !== '');
      return Object.fromEntries(given.map(([key, value]) => [key, key === 'seed' ? Number(value) : value]));
    });
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed;
    throw new Error('it must hold a list');
  } catch (error) {
    throw new HeraldError('malformed', `${file}: ${(error as Error).message}`);
  }
}

/** Names a clip by everything that it is made of: the same name means the same pictures. */
export async function digestOf(job: ClipJob, makings: object): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([makings, job]));
  for (const step of job.script) {
    if (step.kind !== 'audio') continue;
    for await (const chunk of createReadStream(step.file)) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

const stateSchema = z.object({
  format: z.literal('herald-clips/1'),
  clips: z.record(z.string(), z.object({ digest: z.string(), bytes: z.int() })),
});

/** What of a batch is done already. Written after each clip, so a run that was stopped goes on where it was. */
export class BatchState {
  private constructor(
    private readonly dir: string,
    private readonly clips: Record<string, { digest: string; bytes: number }>,
  ) {}

  static async read(dir: string): Promise<BatchState> {
    try {
      const { clips } = stateSchema.parse(JSON.parse(await readFile(join(dir, STATE_FILE), 'utf8')));
      return new BatchState(dir, clips);
    } catch {
      return new BatchState(dir, {}); // none, or none of ours: everything is made
    }
  }

  fileOf(name: string, format: ClipFormat = 'mp4'): string {
    return join(this.dir, `${name}.${format}`);
  }

  /** Made of the same, and still as it was left. */
  async has(name: string, digest: string, format: ClipFormat = 'mp4'): Promise<boolean> {
    const done = this.clips[name];
    if (done?.digest !== digest) return false;
    const there = await stat(this.fileOf(name, format)).catch(() => undefined);
    return there?.size === done.bytes;
  }

  /** Was the file that is there under this name made by a batch? Then a newer one may take its place. */
  owns(name: string): boolean {
    return Object.hasOwn(this.clips, name);
  }

  add(name: string, digest: string, bytes: number): void {
    this.clips[name] = { digest, bytes };
    const state = { format: 'herald-clips/1', clips: this.clips };
    writeFileAtomic(join(this.dir, STATE_FILE), `${JSON.stringify(state, null, 1)}\n`, 0o644);
  }
}
