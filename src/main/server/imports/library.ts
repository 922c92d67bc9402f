import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { ImportKind, ImportResult, ImportView } from '../../../shared/library-protocol';
import { say } from '../../../shared/told';
import { HeraldError } from '../errors';
import { JobQueue, type JobTools, newJobId } from '../job-queue';
import type { Log } from '../log';
import { Turns } from '../turns';
import { Inbox, type InboxBounds, type Received } from './inbox';
import { freeName, tidyName } from './names';
import { checkRoom, storeProblem } from './room';

/** What is done with what was received. */
export interface Importer {
  /** Whether there is something of this name already. */
  isTaken(name: string): boolean;
  /** What it is called where neither its sender nor its files say. */
  fallbackName: string;
  /** @throws what went wrong, for people, paths and all: they are shortened */
  run(received: Received, name: string, tools: ImportTools): Promise<ImportResult>;
}

export interface ImportTools extends JobTools {
  onStep(step: ImportView['step']): void;
}

export interface ImportLibraryOptions {
  /** `<data>/imports`: everything in it is temporary. */
  dir: string;
  importers: Record<ImportKind, Importer>;
  log: Log;
  bounds?: InboxBounds;
}

export interface ReceiveOptions {
  /** Of the whole form, where its sender says so. */
  expectedBytes: number | undefined;
  /** Aborts when the sender goes away. */
  signal: AbortSignal;
}

/** How an upload is taken in: kind and name first, then file after file. */
export interface Reception {
  begin(kind: ImportKind, name: string | undefined): Inbox;
}

interface About {
  kind: ImportKind;
  name: string;
  step: ImportView['step'];
  bytes: number;
}

interface Receiving {
  id: string;
  createdAt: string;
  expectedBytes: number | undefined;
  stop: AbortController;
  /** Once its sender has said what it is. */
  begun?: { kind: ImportKind; wish: string | undefined; inbox: Inbox };
}

/** Waiting and at work together. */
const MAX_OPEN = 8;
const MAX_WAITING_TO_SEND = 4;
const MAX_ENDED = 30;
/** How the bar is shared out: what was received, and what is made of it. */
const RECEIVED = 0.3;

/**
 * Avatars and weights on their way in: one upload is received at a time, then waits for the ones before it to be prepared. Each
 * lies in a folder of its own until it is done, failed or cancelled; what an earlier process left is removed at the start.
 */
export class ImportLibrary {
  private readonly queue = new JobQueue<ImportResult>({ maxOpen: MAX_OPEN, maxEnded: MAX_ENDED, noun: 'imports' });
  private readonly turns = new Turns(MAX_WAITING_TO_SEND);
  private readonly about = new Map<string, About>();
  private receiving: Receiving | undefined;

  constructor(private readonly options: ImportLibraryOptions) {}

  /** Removes what an earlier process left. */
  async open(): Promise<void> {
    const names = await readdir(this.options.dir).catch(() => []);
    await Promise.all(names.map((name) => rm(join(this.options.dir, name), { recursive: true, force: true })));
  }

  /**
   * Has an upload read, when it is its turn, and begins to work on it.
   * @param read takes the form apart; what it throws is thrown on
   * @throws HeraldError('limit') when too many wait, ('refused') without room
   */
  receive(
    read: (reception: Reception) => Promise<void>,
    { expectedBytes, signal }: ReceiveOptions,
  ): Promise<ImportView> {
    this.checkOpen();
    return this.turns.take(signal, async () => {
      this.checkOpen(); // before gigabytes are sent in vain
      const id = newJobId();
      const dir = join(this.options.dir, id);
      const stop = new AbortController();
      this.receiving = { id, createdAt: new Date().toISOString(), expectedBytes, stop };
      let taken = false;
      try {
        await checkRoom(this.options.dir, expectedBytes ?? 0);
        await mkdir(dir);
        const view = await this.readInto(dir, this.receiving, read, AbortSignal.any([signal, stop.signal]));
        taken = true;
        return view;
      } finally {
        this.receiving = undefined;
        if (!taken) await removed(dir);
      }
    });
  }

  /** @throws HeraldError('not-found') */
  view(id: string): ImportView {
    const view = this.viewOf(id);
    if (view) return view;
    throw new HeraldError(
      'not-found',
      `there is no import ${JSON.stringify(id.slice(0, 40))}; /api/imports lists them`,
    );
  }

  /** Newest first. */
  list(): ImportView[] {
    const ids = [...(this.receiving ? [this.receiving.id] : []), ...this.queue.list().map(({ id }) => id)];
    return ids.map((id) => this.viewOf(id)).filter((view) => view !== undefined);
  }

  /** Stops it, or forgets it; what it brought in stays. @throws HeraldError('not-found') */
  async remove(id: string): Promise<void> {
    this.view(id);
    if (this.receiving?.id === id) {
      this.receiving.stop.abort(new HeraldError('refused', 'the import was cancelled'));
      return;
    }
    await this.queue.remove(id);
    this.about.delete(id);
    await removed(join(this.options.dir, id));
  }

  async close(): Promise<void> {
    const closing = new HeraldError('limit', 'Herald is closing');
    this.receiving?.stop.abort(closing);
    await this.turns.close(closing);
    await this.queue.close();
    await this.open();
  }

  private checkOpen(): void {
    const open = this.queue.list().filter(({ state }) => state === 'queued' || state === 'running');
    if (open.length < MAX_OPEN) return;
    throw new HeraldError('limit', say('import.tooMany', { count: MAX_OPEN }), 30);
  }

  private async readInto(
    dir: string,
    receiving: Receiving,
    read: (reception: Reception) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ImportView> {
    await read({
      begin: (kind, name) => {
        if (receiving.begun) throw new HeraldError('malformed', 'kind: sent twice');
        const inbox = new Inbox(kind, dir, signal, this.options.bounds);
        receiving.begun = { kind, wish: name?.trim() || undefined, inbox };
        return inbox;
      },
    });
    signal.throwIfAborted();
    if (!receiving.begun) throw new HeraldError('malformed', 'kind: missing; send it first, "avatar" or "weights"');
    const { inbox, ...begun } = receiving.begun;
    const received = inbox.done();
    this.receiving = undefined;
    return this.work(receiving.id, dir, { ...begun, received, bytes: inbox.bytes });
  }

  private work(
    id: string,
    dir: string,
    { kind, wish, received, bytes }: { kind: ImportKind; wish: string | undefined; received: Received; bytes: number },
  ): ImportView {
    const importer = this.options.importers[kind];
    // Again when its turn comes: the one before it may have taken the name.
    const name = () => this.nameFor(kind, wish ?? received.foundName);
    const about: About = { kind, name: name(), step: firstStepOf(received), bytes };
    this.queue.add(async (tools) => {
      about.name = name();
      try {
        const result = await importer.run(received, about.name, { ...tools, onStep: (step) => (about.step = step) });
        this.options.log.info(`imported ${kind} "${about.name}"`);
        return result;
      } catch (raw) {
        const error = storeProblem(raw);
        if (!tools.signal.aborted)
          this.options.log.warn(`${kind} "${about.name}" was not imported: ${shorten(error, dir)}`);
        throw new Error(shorten(error, dir), { cause: error });
      } finally {
        await removed(dir);
      }
    }, id);
    this.about.set(id, about);
    for (const known of this.about.keys()) if (!this.queue.get(known)) this.about.delete(known);
    return this.view(id);
  }

  private viewOf(id: string): ImportView | undefined {
    if (this.receiving?.id === id) return this.receivingView(this.receiving);
    const job = this.queue.get(id);
    const about = this.about.get(id);
    if (!job || !about) return undefined;
    const result = this.queue.result(id);
    const progress = job.state === 'done' ? 1 : rounded(RECEIVED + (1 - RECEIVED) * job.progress);
    return { ...job, progress, ...about, ...(result && { result }) };
  }

  private receivingView({ id, createdAt, expectedBytes, begun }: Receiving): ImportView | undefined {
    if (!begun) return undefined;
    const { kind, wish, inbox } = begun;
    const { bytes } = inbox;
    const name = this.nameFor(kind, wish ?? inbox.foundName);
    const progress = expectedBytes ? rounded(RECEIVED * Math.min(1, bytes / expectedBytes)) : 0;
    return { id, state: 'running', progress, createdAt, warnings: [], kind, name, step: 'receive', bytes };
  }

  /** Near what is wished for; numbered where that is taken: after gigabytes nobody wants to hear about a name. */
  private nameFor(kind: ImportKind, wish: string): string {
    const { fallbackName, isTaken } = this.options.importers[kind];
    return freeName(tidyName(wish, fallbackName), isTaken);
  }
}

const firstStepOf = (received: Received) =>
  received.kind === 'weights' ? 'convert' : received.form === 'zip' ? 'unpack' : 'prepare';

const rounded = (fraction: number) => Math.round(fraction * 1_000) / 1_000;

/** Names inside what was brought in, not where it lay: nobody can look there. */
function shorten(error: unknown, dir: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(join(dir, 'avatar') + sep, '').replaceAll(dir + sep, '');
}

/** A folder that will not go now is gone after the next start. */
const removed = (dir: string) =>
  existsSync(dir) ? rm(dir, { recursive: true, force: true }).catch(() => {}) : undefined;
