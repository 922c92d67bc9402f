import { randomBytes } from 'node:crypto';
import type { JobView } from '../../shared/protocol';
import { alsoTold, type Told, toldOfAll } from '../../shared/told';
import { HeraldError } from './errors';

export interface JobTools {
  signal: AbortSignal;
  onProgress(fraction: number): void;
  warn(message: string): void;
}

interface Job<T> {
  view: JobView;
  work: (tools: JobTools) => Promise<T>;
  stop: AbortController;
  result?: T;
  ended: Promise<void>;
}

export interface JobQueueOptions {
  /** Waiting and running ones together; one more is refused. */
  maxOpen: number;
  /** Ended ones that are remembered; the oldest are forgotten first. */
  maxEnded: number;
  /** What they are, in a message: `clips`. */
  noun: string;
  /** Called once for each that ends, however it does. */
  onEnded?(view: Readonly<JobView>): void;
}

/** What is told of a job that ended, to whoever wants to tell people. */
export interface EndedJob {
  kind: 'export' | 'clip';
  title: string;
  state: JobView['state'];
  /** Why it failed, for people. */
  problem?: string;
  told?: Told;
}

const MAX_WARNINGS = 20;

/** Work that takes longer than a request: one at a time, in order, each with a number to ask for it and a way to stop it. */
export class JobQueue<T> {
  private readonly jobs = new Map<string, Job<T>>();
  private tail: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: JobQueueOptions) {}

  /** @returns its id. @throws HeraldError('limit') when too many wait */
  add(work: (tools: JobTools) => Promise<T>, id = newJobId()): string {
    const { maxOpen, noun } = this.options;
    if (this.closed) throw new HeraldError('limit', 'Herald is closing');
    if (this.open >= maxOpen)
      throw new HeraldError('limit', `${maxOpen} ${noun} are waiting already: try again later`, 30);
    const stop = new AbortController();
    const view: JobView = { id, state: 'queued', progress: 0, createdAt: new Date().toISOString(), warnings: [] };
    const job: Job<T> = { view, work, stop, ended: Promise.resolve() };
    job.ended = this.tail = this.tail.then(() => this.run(job));
    this.jobs.set(id, job);
    return id;
  }

  get(id: string): JobView | undefined {
    return this.jobs.get(id)?.view;
  }

  result(id: string): T | undefined {
    return this.jobs.get(id)?.result;
  }

  list(): JobView[] {
    return [...this.jobs.values()].map(({ view }) => view).reverse();
  }

  /** Ends it if it has not ended, and forgets it. Resolves when nothing of it is at work any more. */
  async remove(id: string): Promise<T | undefined> {
    const job = this.jobs.get(id);
    if (!job) return undefined;
    this.cancel(job);
    if (job.view.state === 'cancelled') await this.idle(job);
    this.jobs.delete(id);
    return job.result;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.jobs.values()) this.cancel(job);
    await this.tail;
  }

  private get open(): number {
    return [...this.jobs.values()].filter(({ view }) => view.state === 'queued' || view.state === 'running').length;
  }

  /** A waiting one is not at work: nobody needs to wait for its turn. */
  private idle(job: Job<T>): Promise<void> {
    return job.stop.signal.reason === WAITING ? Promise.resolve() : job.ended;
  }

  private cancel(job: Job<T>): void {
    const { state } = job.view;
    if (state !== 'queued' && state !== 'running') return;
    job.view.state = 'cancelled';
    job.stop.abort(state === 'queued' ? WAITING : new DOMException('The job was cancelled', 'AbortError'));
  }

  private async run(job: Job<T>): Promise<void> {
    const { view, stop } = job;
    if (stop.signal.aborted) return;
    view.state = 'running';
    try {
      job.result = await job.work({
        signal: stop.signal,
        onProgress: (fraction) => {
          view.progress = Math.round(Math.min(1, Math.max(view.progress, fraction)) * 1_000) / 1_000;
        },
        warn: (message) => {
          if (view.warnings.length >= MAX_WARNINGS || view.warnings.includes(message)) return;
          view.warnings.push(message);
          view.toldWarnings = toldOfAll(view.warnings);
        },
      });
      view.state = 'done';
      view.progress = 1;
    } catch (error) {
      if (stop.signal.aborted) view.state = 'cancelled';
      else {
        view.state = 'failed';
        view.problem = error instanceof Error ? error.message : String(error);
        Object.assign(view, alsoTold(view.problem));
      }
    }
    this.options.onEnded?.(view);
    this.forgetOld();
  }

  private forgetOld(): void {
    const ended = [...this.jobs.values()].filter(({ view }) => view.state !== 'queued' && view.state !== 'running');
    for (const { view } of ended.slice(0, Math.max(0, ended.length - this.options.maxEnded))) this.jobs.delete(view.id);
  }
}

const WAITING = new DOMException('The job was cancelled before it began', 'AbortError');

/** A name that may become part of a path. */
export const newJobId = (): string => randomBytes(8).toString('hex');
export const JOB_ID = /^[0-9a-f]{16}$/;
