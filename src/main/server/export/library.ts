import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportView } from '../../../shared/protocol';
import type { Avatar, Box } from '../avatar/avatar';
import { subtitlesOf } from '../clips/captions';
import type { ClipLibrary } from '../clips/library';
import { planSize } from '../clips/size';
import { HeraldError } from '../errors';
import { type EndedJob, JOB_ID, JobQueue, newJobId } from '../job-queue';
import type { Log } from '../log';
import type { RecordingLibrary } from '../recordings/library';
import { cuesOf } from '../recordings/subtitles';
import { findFfmpeg } from './find-ffmpeg';
import { type ExportSource, planExport } from './plan';
import { probeMedia } from './probe';
import { contentTypeOf, type ExportOptions } from './request';
import { runExport } from './run';

export interface ExportLibraryOptions {
  /** Where exports lie until they are fetched: `<data>/exports`. */
  dir: string;
  ffmpegPath: string | undefined;
  recordings: Pick<RecordingLibrary, 'get' | 'file'>;
  clips: Pick<ClipLibrary, 'file'>;
  openAvatar(id: string): Promise<Avatar>;
  log: Log;
  onEnded?(job: EndedJob): void;
}

/** One of the two. */
export interface ExportOf {
  recording?: string;
  clip?: string;
}

interface Source extends ExportSource {
  title: string;
}

const MAX_OPEN = 20;
const MAX_ENDED = 100;

/** Exports of recordings and clips: made one at a time, kept until they are deleted or the server starts anew. */
export class ExportLibrary {
  private readonly queue = new JobQueue<{ bytes: number }>({
    maxOpen: MAX_OPEN,
    maxEnded: MAX_ENDED,
    noun: 'exports',
    onEnded: ({ id, state, problem }) =>
      this.options.onEnded?.({
        kind: 'export',
        title: this.about.get(id)?.title ?? '',
        state,
        ...(problem !== undefined && { problem }),
      }),
  });
  private readonly about = new Map<string, Pick<ExportView, 'format' | 'title' | 'source'>>();

  constructor(private readonly options: ExportLibraryOptions) {}

  /** Exports are copies: what an earlier process made, or left half-made, goes. */
  async open(): Promise<void> {
    const { dir } = this.options;
    const ours = (await readdir(dir).catch(() => [])).filter((name) =>
      /^\.?[0-9a-f]{16}\.[a-z0-9]+(\.part)?$/.test(name),
    );
    await Promise.all(ours.map((name) => rm(join(dir, name), { force: true })));
  }

  /**
   * Everything that can be known to be wrong is said here, not later by the job.
   * @returns the id to ask for it by
   * @throws HeraldError for a source that is not there, wishes that cannot be had, and where there is no ffmpeg
   */
  async add(of: ExportOf, wishes: ExportOptions): Promise<string> {
    const { ffmpegPath, dir, log } = this.options;
    const source = await this.sourceOf(of, wishes.crop !== undefined);
    const plan = planExport(wishes, source);
    const ffmpeg = await findFfmpeg(ffmpegPath);
    const id = newJobId();
    const { format } = wishes;
    const { title } = source;
    this.queue.add(async ({ signal, onProgress }) => {
      const out = join(dir, `${id}.${format}`);
      const made = await runExport(plan, { ffmpegPath: ffmpeg.path, input: source.path, out, signal, onProgress });
      log.info(`export ${id}: ${format}, ${(made.bytes / 1e6).toFixed(1)} MB`);
      return made;
    }, id);
    this.about.set(id, { format, title, source: { ...nameOf(of), title } });
    return id;
  }

  /** @throws HeraldError('not-found') */
  view(id: string): ExportView {
    const job = this.queue.get(id);
    const about = this.about.get(id);
    if (!job || !about) throw unknown(id);
    const result = this.queue.result(id);
    return { ...job, ...about, ...(result && { bytes: result.bytes }) };
  }

  list(): ExportView[] {
    return this.queue.list().map(({ id }) => this.view(id));
  }

  /** @throws HeraldError('not-found') when there is none, or none yet */
  file(id: string): { path: string; contentType: string; title: string } {
    const { format, title, state } = this.view(id);
    if (state !== 'done') throw new HeraldError('not-found', `export ${id} is ${state}, there is no file`);
    return { path: join(this.options.dir, `${id}.${format}`), contentType: contentTypeOf[format], title };
  }

  /** Stops it, or deletes its file. @throws HeraldError('not-found') */
  async remove(id: string): Promise<void> {
    const { format } = this.view(id);
    await this.queue.remove(id);
    this.about.delete(id);
    await rm(join(this.options.dir, `${id}.${format}`), { force: true });
  }

  close(): Promise<void> {
    return this.queue.close();
  }

  private async sourceOf({ recording, clip }: ExportOf, wantsFace: boolean): Promise<Source> {
    if (recording !== undefined) {
      const { presenter, turns } = await this.options.recordings.get(recording);
      const { path, title } = await this.options.recordings.file(recording);
      const media = await probeMedia(path);
      const face = wantsFace ? await this.faceOf(presenter, media) : undefined;
      return { path, title, ...media, cues: cuesOf(turns), ...(face && { face }) };
    }
    const { path, sidecar } = await this.options.clips.file(clip!);
    const { transparent } = sidecar;
    const media = await probeMedia(path);
    const face = wantsFace ? await this.faceOf(sidecar.avatar, media) : undefined;
    return {
      path,
      title: sidecar.title,
      ...media,
      cues: subtitlesOf(sidecar.sentences),
      transparent,
      ...(face && { face }),
    };
  }

  /** Of the presenter as it is now, where it is still there; otherwise crops take the middle. */
  private async faceOf(presenter: string, media: { widthPx: number; heightPx: number }): Promise<Box | undefined> {
    try {
      const avatar = await this.options.openAvatar(presenter);
      try {
        return faceIn(media, avatar);
      } finally {
        avatar.release();
      }
    } catch {
      return undefined;
    }
  }
}

/** Where the presenter's face lies in a picture that was cut and scaled out of the presenter's own. */
export function faceIn(
  media: { widthPx: number; heightPx: number },
  avatar: Pick<Avatar, 'widthPx' | 'heightPx' | 'faceBox'>,
): Box {
  const { widthPx, heightPx } = avatar;
  const face = avatar.faceBox(0);
  const { crop } = planSize({ widthPx, heightPx }, face, media);
  const [x, y] = [media.widthPx / crop.widthPx, media.heightPx / crop.heightPx];
  return {
    xPx: (face.xPx - crop.xPx) * x,
    yPx: (face.yPx - crop.yPx) * y,
    widthPx: face.widthPx * x,
    heightPx: face.heightPx * y,
  };
}

const nameOf = ({ recording, clip }: ExportOf): Pick<ExportView['source'], 'kind' | 'id'> =>
  recording === undefined ? { kind: 'clip', id: clip! } : { kind: 'recording', id: recording };

const unknown = (id: string) =>
  new HeraldError(
    'not-found',
    `export ${JSON.stringify(JOB_ID.test(id) ? id : id.slice(0, 40))} is not there; /api/exports lists them`,
  );
