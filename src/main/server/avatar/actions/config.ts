import { z } from 'zod';

const AUDIOTYPE = { error: 'must be a whole number: 1 (what mode 1 shows) or 2 and above (a performance)' };
const path = z.string({ error: 'must be a path' }).max(4_096);
const absent = (value: string | null | undefined) => (value === '' || value === null ? undefined : value);

/** LiveTalking's keys; `video` and `name` are ours. Other keys are ignored: scripts carry more. */
const entrySchema = z.object(
  {
    audiotype: z.int(AUDIOTYPE).min(1, AUDIOTYPE).max(1_000_000, AUDIOTYPE),
    /** A folder of numbered pictures, or a video file. */
    imgpath: path.nullish().transform(absent),
    video: path.nullish().transform(absent),
    audiopath: path.nullish().transform(absent),
    loop: z.boolean({ error: 'must be true or false' }).nullish(),
    name: z.string({ error: 'must be a text' }).trim().max(100).nullish().transform(absent),
  },
  { error: 'must be an object: {"audiotype": 2, "imgpath": "folder", "audiopath": "sound.wav"}' },
);

export type ActionEntry = z.output<typeof entrySchema>;

export interface Problem {
  /** Position in the list, from 0; undefined for the whole. */
  index?: number;
  key?: string;
  message: string;
}

const MAX_ENTRIES = 64;

/** Reads LiveTalking's list of actions; nothing on disk is looked at yet. Every problem is reported, not only the first. */
export function parseActions(json: string): { entries: Map<number, ActionEntry>; problems: Problem[] } {
  const entries = new Map<number, ActionEntry>();
  const problems: Problem[] = [];
  let list: unknown;
  try {
    list = JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (error) {
    return { entries, problems: [{ message: `is not JSON (${(error as Error).message})` }] };
  }
  if (!Array.isArray(list)) {
    return { entries, problems: [{ message: 'must be a list: [{"audiotype": 2, "imgpath": "folder"}]' }] };
  }
  if (list.length > MAX_ENTRIES) {
    return { entries, problems: [{ message: `has ${list.length} entries; ${MAX_ENTRIES} at most` }] };
  }
  const owners = new Map<number, number>();
  list.forEach((item: unknown, index) => {
    const parsed = entrySchema.safeParse(item);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        const key = issue.path.map(String).join('.');
        problems.push({ index, message: issue.message, ...(key && { key }) });
      }
      return;
    }
    const { audiotype, imgpath, video } = parsed.data;
    const owner = owners.get(audiotype);
    if (owner !== undefined) {
      problems.push({ index, key: 'audiotype', message: `${audiotype} is entry ${owner} already` });
    }
    owners.set(audiotype, owners.get(audiotype) ?? index);
    if (!imgpath && !video) {
      problems.push({ index, key: 'imgpath', message: 'is needed: a folder of pictures, or a video file' });
    } else if (imgpath && video) {
      problems.push({ index, key: 'video', message: 'and "imgpath" exclude each other: give one' });
    } else entries.set(index, parsed.data);
  });
  return { entries, problems };
}

/** One line a problem, with the entry and the key that it is about. */
export function describeProblems(what: string, problems: readonly Problem[]): string {
  return problems
    .toSorted((a, b) => (a.index ?? -1) - (b.index ?? -1))
    .map(({ index, key, message }) => {
      const where = index === undefined ? '' : ` entry ${index}${key ? ` "${key}"` : ''}`;
      return `${what}:${where} ${message}`;
    })
    .join('\n');
}
