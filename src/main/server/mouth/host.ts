import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Avatar, I420Picture } from '../avatar/avatar';
import { cropI420 } from '../composite/crop';
import { SentFaces } from './faces';
import { forkInfer, type InferProcess } from './infer-process';
import type { FromInfer } from './messages';
import { describeModel, type LipModel } from './model';
import type { Mouth, MouthPatch, MouthRequest, MouthStatus } from './mouth';

export interface MouthEvent {
  /** `restarted`: mouths are missing for a moment. `failed`: there will be none until Herald is restarted. */
  kind: 'restarted' | 'failed';
  message: string;
}

export interface MouthHostOptions {
  modelFile: string;
  onEvent?: (event: MouthEvent) => void;
  /** Requests the process may hold at once, for all sessions together; one more resolves `undefined` and is counted. */
  maxInFlight?: number;
  /** A patch later than this is of no use to anybody. */
  deadlineMs?: number;
  /** A process that answers nothing for so long is replaced. */
  hungMs?: number;
  /** Faces kept by the process, all avatars together. */
  faceCacheBytes?: number;
  /** How the process is started; Electron's shell may give its own. */
  start?: () => InferProcess;
}

/** What happened to requests so far. Every one is in exactly one of these. */
export interface MouthCounts {
  inferred: number;
  /** More than `maxInFlight`, or no process was ready. */
  refused: number;
  /** Later than the deadline. */
  late: number;
  aborted: number;
  /** The process died or said that it could not. */
  lost: number;
}

interface Pending {
  box: { xPx: number; yPx: number };
  /** Undefined when the caller has its answer already and only the process's is still awaited. */
  settle: ((outcome: keyof MouthCounts, patch?: MouthPatch) => void) | undefined;
}

const LOAD_LIMIT_MS = 60_000;
/** Deaths in a row -> pause before the next start. A process that lived for long enough starts the row anew. */
const BACK_OFF_MS = [0, 250, 1_000, 4_000, 15_000, 30_000];
const HEALTHY_MS = 10_000;
/** Deaths in a row of a process that was never ready, after which it is given up. */
const HOPELESS_DEATHS = 4;

/** The mouth as the server sees it: sends pictures to the inference process, and replaces the process when it dies. */
export class MouthHost implements Mouth {
  readonly windowStartMs: number;
  readonly counts: MouthCounts = { inferred: 0, refused: 0, late: 0, aborted: 0, lost: 0 };
  private readonly model: LipModel | undefined;
  private readonly options: Required<Omit<MouthHostOptions, 'modelFile'>>;
  private readonly faces: SentFaces;
  private readonly pending = new Map<number, Pending>();
  private readonly becomesReady: Promise<void>;
  private resolveReady!: () => void;
  private rejectReady!: (error: Error) => void;
  private process: InferProcess | undefined;
  private state: MouthStatus['state'] = 'starting';
  private loaded: { faceSizePx: number; provider: string; warmPictureMs: number } | undefined;
  private restarts = 0;
  private deathsInARow = 0;
  private startedAtMs = 0;
  private lastError: string | undefined;
  private nextId = 0;
  private restartTimer: NodeJS.Timeout | undefined;
  private watchdog: NodeJS.Timeout | undefined;
  private killedBecause: string | undefined;
  private closed: Promise<void> | undefined;
  private onProcessGone: (() => void) | undefined;

  constructor({ modelFile, ...options }: MouthHostOptions) {
    this.options = {
      onEvent: () => {},
      maxInFlight: 24, // four sessions that run six pictures ahead; about 0.3 s of work
      deadlineMs: 1_000,
      hungMs: 5_000,
      faceCacheBytes: 96 * 1024 * 1024,
      start: forkInfer,
      ...options,
    };
    this.faces = new SentFaces(this.options.faceCacheBytes);
    this.becomesReady = new Promise((yes, no) => {
      this.resolveReady = yes;
      this.rejectReady = no;
    });
    this.becomesReady.catch(() => {}); // whoever needs to know awaits ready()
    const file = resolve(modelFile); // the process has its own working directory
    try {
      this.model = describeModel(file);
    } catch (error) {
      this.lastError = (error as Error).message;
    }
    this.windowStartMs = this.model?.windowStartMs ?? 0;
    if (!this.model) this.fail(this.lastError!);
    else if (!existsSync(file)) this.fail(`the lip model ${file} is missing. Restore it (git checkout -- models).`);
    else this.start();
  }

  ready(): Promise<void> {
    return this.becomesReady;
  }

  status(): MouthStatus {
    return {
      model: this.model?.name ?? 'none',
      provider: this.loaded?.provider ?? 'none',
      faceSizePx: this.loaded?.faceSizePx ?? 0,
      warmPictureMs: this.loaded?.warmPictureMs ?? 0,
      state: this.state,
      restarts: this.restarts,
      ...(this.lastError === undefined ? {} : { lastError: this.lastError }),
    };
  }

  /** The inference process's id, for metrics. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  async infer({ avatar, pictureIndex, window }: MouthRequest, signal: AbortSignal): Promise<MouthPatch | undefined> {
    const none = (outcome: keyof MouthCounts) => {
      this.counts[outcome]++;
      return undefined;
    };
    if (signal.aborted) return none('aborted');
    if (this.state !== 'ready' || this.pending.size >= this.options.maxInFlight) return none('refused');
    const box = avatar.faceBox(pictureIndex);
    const key = faceKey(avatar, pictureIndex);
    const id = this.nextId++;
    const answer = this.await(id, box, signal);
    const { process } = this;
    try {
      if (this.faces.get(key) === undefined) {
        const picture = avatar.pictureNow(pictureIndex) ?? (await avatar.picture(pictureIndex));
        // While it was decoded the caller may have given up, the process may have died, or another request sent this face.
        if (!this.pending.get(id)?.settle || process !== this.process) {
          this.pending.get(id)?.settle?.('lost');
          this.pending.delete(id);
          return answer;
        }
        if (this.faces.get(key) === undefined) this.sendFace(key, cropI420(picture, box));
      }
      process!.send({ type: 'infer', id, slot: this.faces.get(key)!, mel: window.data });
      this.watch(this.options.hungMs);
    } catch (error) {
      this.lastError = `picture ${pictureIndex} of ${avatar.id}: ${(error as Error).message}`;
      this.pending.get(id)?.settle?.('lost');
      this.pending.delete(id);
    }
    return answer;
  }

  prepare(avatar: Avatar, pictureIndex: number): void {
    if (this.state !== 'ready') return;
    const key = faceKey(avatar, pictureIndex);
    if (this.faces.get(key) !== undefined) return;
    const picture = avatar.pictureNow(pictureIndex);
    if (picture) this.sendFace(key, cropI420(picture, avatar.faceBox(pictureIndex)));
  }

  private sendFace(key: string, face: I420Picture): void {
    const { process } = this;
    const slot = this.faces.add(key, face.data.length, (old) => process?.send({ type: 'forget', slot: old }));
    process?.send({ type: 'face', slot, face });
  }

  /** Ends the process and waits until it is gone. Requests in flight resolve `undefined`. */
  close(): Promise<void> {
    this.closed ??= new Promise<void>((done) => {
      clearTimeout(this.restartTimer);
      clearTimeout(this.watchdog);
      this.state = 'failed';
      this.rejectReady(new Error('the mouth was closed'));
      this.loseAll();
      if (!this.process) return done();
      this.onProcessGone = done;
      this.process.kill();
    });
    return this.closed;
  }

  private await(id: number, box: Pending['box'], signal: AbortSignal): Promise<MouthPatch | undefined> {
    return new Promise((done) => {
      const pending: Pending = {
        box,
        settle: (outcome, patch) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          pending.settle = undefined;
          this.counts[outcome]++;
          done(patch);
        },
      };
      const giveUp = (outcome: keyof MouthCounts) => {
        pending.settle?.(outcome);
        this.process?.send({ type: 'drop', id });
      };
      const onAbort = () => giveUp('aborted');
      const timer = setTimeout(() => giveUp('late'), this.options.deadlineMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.pending.set(id, pending);
    });
  }

  private start(): void {
    const process = this.options.start();
    this.process = process;
    this.startedAtMs = performance.now();
    this.killedBecause = undefined;
    this.faces.clear();
    process.onMessage((message) => {
      if (process === this.process) this.receive(message);
    });
    process.onExit((why) => {
      if (process === this.process) this.died(why);
    });
    process.send({ type: 'load', modelFile: this.model!.file });
    this.watch(LOAD_LIMIT_MS);
  }

  private receive(message: FromInfer): void {
    clearTimeout(this.watchdog);
    this.watchdog = undefined;
    switch (message.type) {
      case 'loaded':
        this.loaded = message;
        this.state = 'ready';
        this.resolveReady();
        break;
      case 'refused':
        this.fail(`${message.message}. Restore ${this.model!.file} (git checkout -- models) or run npm ci again.`);
        this.process?.kill();
        return;
      case 'patch': {
        const pending = this.pending.get(message.id);
        const { region, data } = message;
        if (!pending) break;
        const { xPx, yPx } = pending.box;
        const placed = { ...region, xPx: region.xPx + xPx, yPx: region.yPx + yPx };
        pending.settle?.('inferred', { region: placed, data });
        break;
      }
      case 'missed':
        this.lastError = message.message;
        this.pending.get(message.id)?.settle?.('lost');
    }
    if ('id' in message) this.pending.delete(message.id);
    if (this.pending.size > 0) this.watch(this.options.hungMs);
  }

  private died(why: string): void {
    clearTimeout(this.watchdog);
    this.watchdog = undefined;
    this.process = undefined;
    this.loseAll();
    this.onProcessGone?.();
    if (this.state === 'failed') return; // closed, or given up
    const wasReady = this.loaded !== undefined;
    if (wasReady && performance.now() - this.startedAtMs > HEALTHY_MS) this.deathsInARow = 0;
    const pauseMs = BACK_OFF_MS[Math.min(this.deathsInARow, BACK_OFF_MS.length - 1)]!;
    this.deathsInARow++;
    this.lastError = this.killedBecause ?? why;
    if (!wasReady && this.deathsInARow >= HOPELESS_DEATHS) {
      this.fail(`the inference process does not start (${this.lastError}). Run npm ci again.`);
      return;
    }
    this.restarts++;
    this.state = 'restarting';
    const when = pauseMs === 0 ? 'at once' : `in ${pauseMs} ms`;
    this.options.onEvent({
      kind: 'restarted',
      message: `the lip inference process ended (${this.lastError}); restarting ${when}, idle mouth until then`,
    });
    this.restartTimer = setTimeout(() => this.start(), pauseMs);
  }

  private fail(message: string): void {
    this.state = 'failed';
    this.lastError = message;
    clearTimeout(this.watchdog);
    this.rejectReady(new Error(message));
    // Not before the constructor has returned: the listener may want to look at us.
    queueMicrotask(() => this.options.onEvent({ kind: 'failed', message }));
  }

  private loseAll(): void {
    for (const pending of this.pending.values()) pending.settle?.('lost');
    this.pending.clear();
  }

  /** Replaces the process unless something is heard from it in time. */
  private watch(limitMs: number): void {
    this.watchdog ??= setTimeout(() => {
      this.killedBecause = `no answer for ${limitMs} ms`;
      this.process?.kill();
    }, limitMs);
  }
}

const faceKey = (avatar: Avatar, pictureIndex: number): string => {
  const { xPx, yPx, widthPx, heightPx } = avatar.faceBox(pictureIndex);
  return `${avatar.id}/${pictureIndex}/${xPx},${yPx},${widthPx},${heightPx}`;
};
