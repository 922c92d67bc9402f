import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ClipView } from '../../../shared/protocol';
import type { Settings } from '../../../shared/settings';
import { DEFAULT_PRESENTER } from '../avatar/open';
import { replaceFile } from '../config/atomic';
import { HeraldError } from '../errors';
import { type EndedJob, JOB_ID, JobQueue, type JobTools, newJobId } from '../job-queue';
import type { Log } from '../log';
import { clipFormatOf } from './format';
import { type ClipJob, isTransparent } from './job';
import type { ClipFacts } from './render';

export interface ClipLibraryOptions {
  /** Where clips lie: `<data>/clips`. */
  dir: string;
  settings: Settings;
  dataDir: string;
  log: Log;
  onEnded?(job: EndedJob): void;
  /** Makes one; in a process of its own, elsewhere than in tests. */
  make(
    request: { settings: Settings; dataDir: string; job: ClipJob; out: string },
    tools: JobTools,
  ): Promise<ClipFacts>;
}

/** What is kept beside a finished clip, as `<id>.json`. */
const sidecarSchema = z.object({
  format: z.literal('herald-clip/1'),
  title: z.string(),
  avatar: z.string(),
  createdAt: z.string(),
  durationMs: z.number(),
  widthPx: z.int(),
  heightPx: z.int(),
  /** A WebM with alpha. */
  transparent: z.boolean().default(false),
  sentences: z.array(z.object({ text: z.string(), startMs: z.number(), endMs: z.number() })),
});
export type ClipSidecar = z.infer<typeof sidecarSchema>;

const MAX_OPEN = 50;
const MAX_ENDED = 200;
const MAX_TITLE_CHARACTERS = 80;

/** The clips of a server: one is made at a time, the finished ones lie in a folder and outlive the process. */
export class ClipLibrary {
  private readonly queue = new JobQueue<ClipFacts>({
    maxOpen: MAX_OPEN,
    maxEnded: MAX_ENDED,
    noun: 'clips',
    onEnded: ({ id, state, problem }) =>
      this.options.onEnded?.({
        kind: 'clip',
        title: this.about.get(id)?.title ?? '',
        state,
        ...(problem !== undefined && { problem }),
      }),
  });
  private readonly about = new Map<string, { title: string; avatar: string; transparent: boolean }>();

  constructor(private readonly options: ClipLibraryOptions) {}

  /** Removes what an earlier process left half-made. */
  async open(): Promise<void> {
    const names = await readdir(this.options.dir).catch(() => []);
    const parts = names.filter((name) => name.startsWith('.') && name.endsWith('.part'));
    await Promise.all(parts.map((name) => rm(join(this.options.dir, name), { force: true })));
  }

  add(job: ClipJob): string {
    const { settings, dataDir, make } = this.options;
    const id = newJobId();
    const avatar = job.avatar ?? settings.avatar_id ?? DEFAULT_PRESENTER;
    const title = titleOf(job);
    const transparent = isTransparent(job);
    const about = { title, avatar, transparent };
    this.queue.add(async (tools) => {
      await mkdir(this.options.dir, { recursive: true });
      const facts = await make({ settings, dataDir, job, out: this.fileOf(id, transparent) }, tools);
      const { durationMs, widthPx, heightPx, sentences } = facts;
      const createdAt = new Date().toISOString();
      const found = { durationMs, widthPx, heightPx, sentences };
      const sidecar = { format: 'herald-clip/1', ...about, createdAt, ...found };
      await replaceFile(this.sidecarOf(id), `${JSON.stringify(sidecar, null, 1)}\n`, 0o644);
      this.options.log.info(`clip ${id}: ${(durationMs / 1_000).toFixed(1)} s`);
      return facts;
    }, id);
    this.about.set(id, about);
    return id;
  }

  /** @throws HeraldError('not-found') */
  async view(id: string): Promise<ClipView> {
    const job = this.queue.get(id);
    const about = this.about.get(id);
    if (job && about) {
      const facts = this.queue.result(id);
      return {
        ...job,
        ...about,
        ...(facts && {
          durationMs: facts.durationMs,
          bytes: facts.bytes,
          widthPx: facts.widthPx,
          heightPx: facts.heightPx,
        }),
      };
    }
    return this.storedView(id);
  }

  /** Those that wait or failed in this run, and every finished one; newest first. */
  async list(): Promise<ClipView[]> {
    const names = await readdir(this.options.dir).catch(() => []);
    const stored = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
    const ids = new Set([...this.queue.list().map(({ id }) => id), ...stored.filter((id) => JOB_ID.test(id))]);
    const views = await Promise.all([...ids].map((id) => this.view(id).catch(() => undefined)));
    return views.filter((view) => view !== undefined).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  /** Whether one that waits or is being made shows this avatar. */
  needs(avatar: string): boolean {
    return this.queue
      .list()
      .some(({ id, state }) => (state === 'queued' || state === 'running') && this.about.get(id)?.avatar === avatar);
  }

  /** A finished clip. @throws HeraldError('not-found') */
  async file(id: string): Promise<{ path: string; sidecar: ClipSidecar; bytes: number }> {
    const sidecar = JOB_ID.test(id) ? await this.readSidecar(id) : undefined;
    const path = sidecar ? this.fileOf(id, sidecar.transparent) : '';
    const found = sidecar && (await stat(path).catch(() => undefined));
    if (!sidecar || !found) {
      const state = this.queue.get(id)?.state;
      const why = state === 'queued' || state === 'running' ? 'is not ready yet' : 'is not there';
      throw new HeraldError('not-found', `clip ${JSON.stringify(id.slice(0, 40))} ${why}; /api/clips lists them`);
    }
    return { path, sidecar, bytes: found.size };
  }

  /** Cancels it, or deletes it for good. @throws HeraldError('not-found') */
  async remove(id: string): Promise<void> {
    await this.view(id);
    await this.queue.remove(id);
    this.about.delete(id);
    const files = [this.fileOf(id, false), this.fileOf(id, true), this.sidecarOf(id)];
    await Promise.all(files.map((file) => rm(file, { force: true })));
  }

  close(): Promise<void> {
    return this.queue.close();
  }

  private async storedView(id: string): Promise<ClipView> {
    const { sidecar, bytes } = await this.file(id);
    const { format: _format, sentences: _sentences, ...facts } = sidecar;
    return { id, state: 'done', progress: 1, warnings: [], ...facts, bytes };
  }

  private async readSidecar(id: string): Promise<ClipSidecar | undefined> {
    try {
      return sidecarSchema.safeParse(JSON.parse(await readFile(this.sidecarOf(id), 'utf8'))).data;
    } catch {
      return undefined;
    }
  }

  private fileOf = (id: string, transparent: boolean): string =>
    join(this.options.dir, `${id}.${clipFormatOf(transparent)}`);
  private sidecarOf = (id: string): string => join(this.options.dir, `${id}.json`);
}

function titleOf({ script }: ClipJob): string {
  const first = script.find((step) => step.kind === 'say');
  const text = first?.kind === 'say' ? first.text.replace(/\s+/g, ' ') : 'clip';
  return text.length > MAX_TITLE_CHARACTERS ? `${text.slice(0, MAX_TITLE_CHARACTERS - 1)}…` : text;
}
