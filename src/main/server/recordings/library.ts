import { mkdir, readdir, readFile, realpath, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type RecordedTurn, type RecordingSummary, recordingId } from '../../../shared/protocol';
import type { RecordingSort } from '../../../shared/recording-sorts';
import { inParallel } from '../avatar/in-parallel';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import type { Container } from '../outputs/recorder/fragments';
import { PartFile } from '../outputs/recorder/part-file';
import { tooLittleSpace, writeProblem } from '../outputs/recorder/recorder';
import { Draft } from './draft';
import { CONTAINERS, contentTypes, filesOf, type MediaName, newRecordingId, parseMediaName } from './names';
import { Ordering, type Remuxer } from './ordering';
import { recover } from './recovery';
import { declaredDurationMs } from './remux';
import { remuxInProcess } from './remuxer';
import { inOrder, matches, type Searched } from './search';
import { readSidecar, type SidecarData, sidecarOfId, writeSidecar } from './sidecar';
import { firstPicture } from './thumbnail';

export interface LibraryOptions {
  /** Absolute; made when the first recording is. */
  dir: string;
  minFreeBytes: number;
  maxDurationMs: number;
  log: Log;
  /** Puts a file where people can get it back from; without it, deleting is for good. */
  trash?: (file: string) => Promise<void>;
  /** How recordings are put in order; in a process of its own unless said otherwise. */
  remux?: Remuxer;
}

export interface RecordingFile {
  /** Absolute, without links. */
  path: string;
  contentType: string;
  title: string;
}

export interface ListQuery {
  offset: number;
  limit: number;
  /** Words of its title, its presenter or of what was said in it. */
  q?: string;
  sort?: RecordingSort;
}

const OPEN_FILES = 16;
/** Each thumbnail is a decoder; a page asks for all of its list at once. */
const MAX_WAITING_THUMBNAILS = 200;

/** The recordings of a server: a folder of media files, each with a sidecar. The folder itself is the list. */
export class RecordingLibrary {
  private readonly ordering: Ordering;
  /** Last recordings by session, of this run. */
  private readonly lastOfSession = new Map<number, string>();
  private readonly thumbnails = new Map<string, Promise<Buffer>>();
  private thumbnailing: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: LibraryOptions) {
    const { remux = remuxInProcess, minFreeBytes, log } = options;
    this.ordering = new Ordering({ remux, minFreeBytes, log });
  }

  get limits(): { minFreeBytes: number; maxDurationMs: number } {
    const { minFreeBytes, maxDurationMs } = this.options;
    return { minFreeBytes, maxDurationMs };
  }

  /** Recovers what an earlier run left. It is listed when this resolves, and put in order behind it. */
  async open(): Promise<void> {
    const { dir, log } = this.options;
    for (const name of await recover(dir, log)) void this.ordering.add(dir, name);
  }

  /**
   * Begins a recording: its part file is there when this resolves.
   * @throws HeraldError 'refused' when there is no space or the folder cannot be written to
   */
  async begin(sessionId: number, presenter: string, container: Container): Promise<Draft> {
    const { dir, minFreeBytes, log } = this.options;
    try {
      await mkdir(dir, { recursive: true });
      const { bavail, bsize } = await statfs(dir);
      if (bavail * bsize < minFreeBytes) {
        throw new HeraldError('refused', tooLittleSpace('record.noRoom', bavail * bsize, { minFreeBytes }));
      }
      const startedAt = new Date();
      for (let attempt = 1; ; attempt++) {
        const name: MediaName = { id: newRecordingId(startedAt, presenter, sessionId, attempt), container };
        if (await this.isTaken(name.id)) continue;
        const files = filesOf(dir, name);
        try {
          const part = await PartFile.create(files.part);
          return new Draft(name, part, files, { startedAt, presenter, sessionId }, log);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
      }
    } catch (error) {
      if (error instanceof HeraldError) throw error;
      throw new HeraldError('refused', writeProblem(error as NodeJS.ErrnoException, 'not recorded: '));
    }
  }

  /**
   * The draft, its part file closed, is a recording from now on.
   * @returns resolves when its index is at the front too, which takes a while for a long one; never rejects
   * @throws as `Draft.finish`
   */
  async add(draft: Draft, sessionId: number, durationMs: number): Promise<{ ordered: Promise<void> }> {
    await draft.finish(durationMs);
    this.lastOfSession.set(sessionId, draft.name.id);
    return { ordered: this.ordering.add(this.options.dir, draft.name) };
  }

  /** A page of the list; `total` counts what was looked for. */
  async list({
    offset,
    limit,
    q = '',
    sort = 'newest',
  }: ListQuery): Promise<{ recordings: RecordingSummary[]; total: number }> {
    const names = await this.names();
    if (q.trim() === '' && (sort === 'newest' || sort === 'oldest')) {
      // Names tell their order: only the page itself is read.
      const ordered = sort === 'newest' ? names : names.toReversed();
      const page = await this.entries(ordered.slice(offset, offset + limit));
      return { recordings: page.map(({ summary }) => summary), total: names.length };
    }
    const found = (await this.entries(names)).filter((entry) => matches(entry, q));
    const page = inOrder(found, sort).slice(offset, offset + limit);
    return { recordings: page.map(({ summary }) => summary), total: found.length };
  }

  /** @throws HeraldError 'not-found' */
  async get(id: string): Promise<RecordingSummary & { turns: RecordedTurn[] }> {
    const name = await this.find(id);
    const { summary, turns } = await whileThere(id, () => this.entry(name));
    return { ...summary, turns: [...turns] };
  }

  /** @throws HeraldError 'not-found' */
  async file(id: string): Promise<RecordingFile> {
    const name = await this.find(id);
    const path = await whileThere(id, () => realpath(filesOf(this.options.dir, name).media));
    return { path, contentType: contentTypes[name.container], title: (await this.sidecar(name)).title };
  }

  /**
   * The recording that a session finished last. Ids of sessions come again one day: while a session lives, only this run's
   * recordings are its own.
   */
  async lastOf(sessionId: number, { live }: { live: boolean }): Promise<RecordingFile | undefined> {
    const id = this.lastOfSession.get(sessionId) ?? (live ? undefined : await this.newestOf(sessionId));
    return id === undefined ? undefined : this.file(id).catch(() => undefined);
  }

  /** @throws HeraldError 'not-found' */
  async rename(id: string, title: string): Promise<RecordingSummary> {
    const name = await this.find(id);
    const { sidecar } = filesOf(this.options.dir, name);
    await writeSidecar(sidecar, { ...(await this.sidecar(name)), title });
    try {
      return (await whileThere(id, () => this.entry(name))).summary;
    } catch (error) {
      if (isNotFound(error)) await rm(sidecar, { force: true }); // deleted meanwhile: its sidecar must not outlive it
      throw error;
    }
  }

  /** @throws HeraldError 'not-found'; 'refused' when the system will not let go of it */
  async delete(id: string): Promise<void> {
    const name = await this.find(id);
    await this.ordering.forget(id);
    const { media, sidecar, thumbnail } = filesOf(this.options.dir, name);
    const remove = this.options.trash ?? ((file: string) => rm(file));
    try {
      await remove(media);
      if (await exists(sidecar)) await remove(sidecar);
      await rm(thumbnail, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw noRecording(id); // somebody else was sooner
      throw new HeraldError('refused', `${basename(media)} cannot be deleted: ${(error as Error).message}`);
    }
    for (const [session, last] of this.lastOfSession) if (last === id) this.lastOfSession.delete(session);
  }

  /** A JPEG of its first picture, kept once made. @throws HeraldError 'not-found', 'limit' */
  async thumbnail(id: string): Promise<Buffer> {
    const name = await this.find(id);
    const { thumbnail, media } = filesOf(this.options.dir, name);
    const kept = await readFile(thumbnail).catch(() => undefined);
    if (kept) return kept;
    const under = this.thumbnails.get(id);
    if (under) return under;
    if (this.thumbnails.size >= MAX_WAITING_THUMBNAILS) {
      throw new HeraldError('limit', 'too many thumbnails are being made: ask again', 2);
    }
    // One after the other: whoever is on air needs the processor more.
    const made = this.thumbnailing.then(async () => {
      const jpeg = await firstPicture(media).catch(() => {
        throw new HeraldError('not-found', `${basename(media)} has no picture that can be shown`);
      });
      await writeFile(thumbnail, jpeg, { mode: 0o644 }).catch(() => {}); // then it is made again
      return jpeg;
    });
    this.thumbnailing = made.catch(() => {});
    this.thumbnails.set(
      id,
      made.finally(() => this.thumbnails.delete(id)),
    );
    return this.thumbnails.get(id)!;
  }

  /** Stops the background's work; the next start goes on with it. */
  async close(): Promise<void> {
    await this.ordering.close();
    await this.thumbnailing;
  }

  private async names(): Promise<MediaName[]> {
    const entries = await readdir(this.options.dir).catch(() => []);
    const names = entries.map(parseMediaName).filter((name) => name !== undefined);
    // Names begin with date and time; the second part of an id only matters within a second.
    return names.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Only a file of its own in this very folder is a recording: not a link to somewhere else. */
  private async find(id: string): Promise<MediaName> {
    if (recordingId.safeParse(id).success) {
      const root = await realpath(this.options.dir).catch(() => undefined);
      for (const container of CONTAINERS) {
        const name = { id, container };
        const path = await realpath(filesOf(this.options.dir, name).media).catch(() => undefined);
        if (path !== undefined && dirname(path) === root && basename(path) === `${id}.${container}`) return name;
      }
    }
    throw noRecording(id);
  }

  private async isTaken(id: string): Promise<boolean> {
    for (const container of CONTAINERS) {
      const { media, part, sidecar } = filesOf(this.options.dir, { id, container });
      for (const file of [media, part, sidecar]) if (await exists(file)) return true;
    }
    return false;
  }

  private async newestOf(sessionId: number): Promise<string | undefined> {
    for (const { id } of await this.names()) if (sidecarOfId(id).sessionId === sessionId) return id;
    return undefined;
  }

  private async sidecar({ id, container }: MediaName): Promise<SidecarData> {
    const { sidecar } = filesOf(this.options.dir, { id, container });
    return (await readSidecar(sidecar)) ?? sidecarOfId(id);
  }

  /** Those that are still there. */
  private async entries(names: readonly MediaName[]): Promise<Searched[]> {
    const found = await inParallel(names, OPEN_FILES, (name) => this.entry(name).catch(() => undefined));
    return found.filter((entry) => entry !== undefined);
  }

  private async entry(name: MediaName): Promise<Searched> {
    const { media, sidecar } = filesOf(this.options.dir, name);
    const [{ size }, known] = await Promise.all([stat(media), this.sidecar(name)]);
    let { durationMs } = known;
    if (durationMs === undefined && !known.recovered) {
      durationMs = await declaredDurationMs(media);
      if (durationMs !== undefined) await writeSidecar(sidecar, { ...known, durationMs }).catch(() => {});
    }
    const summary: RecordingSummary = {
      id: name.id,
      file: basename(media),
      title: known.title,
      presenter: known.presenter,
      sessionid: known.sessionId,
      startedAt: known.startedAt,
      durationMs: durationMs ?? null,
      bytes: size,
      type: contentTypes[name.container],
      recovered: known.recovered,
      subtitles: known.turns.some(({ kind, sentences }) => kind !== 'audio' && sentences.length > 0),
    };
    return { summary, turns: known.turns };
  }
}

const noRecording = (id: string): HeraldError =>
  new HeraldError('not-found', `there is no recording "${id.slice(0, 100)}": /api/recordings lists them`);

const isNotFound = (error: unknown): boolean => error instanceof HeraldError && error.kind === 'not-found';

/** It was found, and may be deleted at any moment since. */
const whileThere = <T>(id: string, read: () => Promise<T>): Promise<T> =>
  read().catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? noRecording(id) : error;
  });

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
