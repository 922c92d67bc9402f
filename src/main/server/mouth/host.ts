import { resolve } from 'node:path';
import type { Avatar, Box, I420Picture } from '../avatar/avatar';
import { cropI420 } from '../composite/crop';
import { CoefficientCalls } from './coefficient-calls';
import type { EngineOptions } from './engine';
import { SentFaces } from './faces';
import { forkInfer, type InferProcess } from './infer-process';
import { InferKeeper } from './keeper';
import type { FromInfer } from './messages';
import { describeModel, type LipModel } from './model';
import type { MelWindow, Mouth, MouthEvent, MouthPatch, MouthRequest, MouthStatus } from './mouth';
import { PATCH_PLACES } from './shared-file';

export type { MouthEvent } from './mouth';

export interface MouthHostOptions {
  /** An ONNX file with its settings beside it; or, in its place, `model`. */
  modelFile?: string;
  model?: LipModel;
  /** How the network is run; on the CPU, in the fast mode where there is one, unless said. */
  engine?: Partial<Omit<EngineOptions, 'again' | 'ruledOut'>>;
  onEvent?: (event: MouthEvent) => void;
  /** Requests the process may hold at once, for all sessions together; one more resolves `undefined` and is counted. */
  maxInFlight?: number;
  /** A patch later than this is of no use to anybody. */
  deadlineMs?: number;
  /** A process that answers nothing for so long is replaced. */
  hungMs?: number;
  /** Pixels of faces kept by the process, all avatars together. */
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

export const DEFAULT_ENGINE: Omit<EngineOptions, 'again' | 'ruledOut'> = {
  mode: 'auto',
  provider: 'auto',
  batchSize: 1,
  featureBytes: 256 * 1024 * 1024,
};
/** Share of a new figure in the running mean of a picture's time: a slow moment is sooner forgotten than believed. */
const SLOWER_SHARE = 0.2;
const FASTER_SHARE = 0.5;

/** The mouth as the server sees it: sends pictures to the inference process, which may die and is replaced then. */
export class MouthHost implements Mouth {
  readonly windowStartMs: number;
  readonly counts: MouthCounts = { inferred: 0, refused: 0, late: 0, aborted: 0, lost: 0 };
  private readonly model: LipModel | undefined;
  private readonly options: Required<Pick<MouthHostOptions, 'onEvent' | 'maxInFlight' | 'deadlineMs'>>;
  private readonly faces: SentFaces;
  private readonly pending = new Map<number, Pending>();
  private readonly calls: CoefficientCalls;
  private readonly keeper: InferKeeper;
  /** Avatars whose faces were found to be of another size than the network's. */
  private readonly fitted = new Set<string>();
  /**
   * The last face that was sent. Fifty new ones a second would be 10 MB of garbage, and V8 collects buffers by marking the whole heap
   * in steps of 5 ms and more.
   */
  private lastCrop: Uint8Array | undefined;
  private recentPictureMs = 0;
  /** When the process began with what it is at now. */
  private workingSinceMs = 0;
  private nextId = 0;

  constructor({ modelFile, model, engine, start = forkInfer, ...options }: MouthHostOptions) {
    const { onEvent = () => {}, maxInFlight = 24, deadlineMs = 1_000 } = options; // 24: about 0.3 s of lip-mini's work
    this.options = { onEvent, maxInFlight: Math.min(maxInFlight, PATCH_PLACES), deadlineMs };
    this.calls = new CoefficientCalls(deadlineMs);
    this.faces = new SentFaces(options.faceCacheBytes ?? 96 * 1024 * 1024);
    let problem: string | undefined;
    try {
      this.model = model ?? describeModel(resolve(modelFile ?? '')); // the process has its own working directory
    } catch (error) {
      problem = (error as Error).message;
    }
    this.windowStartMs = this.model?.windowStartMs ?? 0;
    this.keeper = new InferKeeper(
      {
        model: this.model,
        problem,
        engine: { ...DEFAULT_ENGINE, ...engine },
        hungMs: options.hungMs ?? 5_000,
        start,
      },
      {
        onEvent,
        onStarted: () => this.faces.clear(),
        onAnswer: (message) => this.receive(message),
        onGone: () => this.loseAll(),
      },
    );
    this.keeper.begin();
  }

  ready(): Promise<void> {
    return this.keeper.ready;
  }

  /** Wall clock of one picture, as the process last had it. */
  private get pictureMs(): number {
    return this.recentPictureMs || (this.keeper.facts?.pictureMs ?? 0);
  }

  get canAnswer(): boolean {
    return this.keeper.state === 'ready';
  }

  get answerInMs(): number {
    const { pictureMs } = this;
    const done = this.pending.size > 0 ? Math.min(pictureMs, performance.now() - this.workingSinceMs) : 0;
    return (this.pending.size + 1) * pictureMs - done;
  }

  status(): MouthStatus {
    const { facts, state, restarts, lastError } = this.keeper;
    return {
      model: this.model?.name ?? 'none',
      provider: facts?.provider ?? 'none',
      providers: facts?.providers ?? [],
      mode: facts?.mode ?? 'none',
      ...(facts?.modeReason === undefined ? {} : { modeReason: facts.modeReason }),
      ...(facts?.threads === undefined ? {} : { threads: facts.threads }),
      ...(facts?.keptBits === undefined ? {} : { keptBits: facts.keptBits }),
      faceSizePx: facts?.faceSizePx ?? 0,
      warmPictureMs: facts?.warmPictureMs ?? 0,
      recentPictureMs: this.pictureMs,
      state,
      restarts,
      ...(lastError === undefined ? {} : { lastError }),
    };
  }

  /** The inference process's id, for metrics. */
  get pid(): number | undefined {
    return this.keeper.current?.pid;
  }

  /** Requests that the process has not answered yet. */
  get inFlight(): number {
    return this.pending.size;
  }

  async infer({ avatar, pictureIndex, window }: MouthRequest, signal: AbortSignal): Promise<MouthPatch | undefined> {
    const none = (outcome: keyof MouthCounts) => {
      this.counts[outcome]++;
      return undefined;
    };
    if (signal.aborted) return none('aborted');
    const { keeper } = this;
    if (keeper.state !== 'ready' || this.pending.size >= this.options.maxInFlight) return none('refused');
    this.sayIfResampled(avatar);
    const box = avatar.faceBox(pictureIndex);
    const key = faceKey(avatar, pictureIndex);
    const id = this.nextId++;
    const answer = this.await(id, box, signal);
    const process = keeper.current;
    try {
      if (this.faces.get(key) === undefined) {
        const picture = avatar.pictureNow(pictureIndex) ?? (await avatar.picture(pictureIndex));
        // While it was decoded the caller may have given up, the process may have died, or another request sent this face.
        if (!this.pending.get(id)?.settle || process !== keeper.current) {
          this.pending.get(id)?.settle?.('lost');
          this.pending.delete(id);
          return answer;
        }
        if (this.faces.get(key) === undefined) this.sendFace(key, picture, box);
      }
      process!.send({ type: 'infer', id, slot: this.faces.get(key)!, mel: window.data });
      keeper.watch();
    } catch (error) {
      keeper.lastError = `picture ${pictureIndex} of ${avatar.id}: ${(error as Error).message}`;
      this.pending.get(id)?.settle?.('lost');
      this.pending.delete(id);
    }
    return answer;
  }

  async coefficients(window: MelWindow, signal: AbortSignal): Promise<Float32Array | undefined> {
    const { keeper, calls } = this;
    if (signal.aborted || keeper.state !== 'ready' || calls.size >= this.options.maxInFlight) return undefined;
    const id = this.nextId++;
    const answer = calls.expect(id, signal);
    keeper.current!.send({ type: 'coefficients', id, mel: window.data });
    keeper.watch();
    return answer;
  }

  prepare(avatar: Avatar, pictureIndex: number): void {
    if (this.keeper.state !== 'ready') return;
    const key = faceKey(avatar, pictureIndex);
    if (this.faces.get(key) !== undefined) return;
    const box = avatar.faceBox(pictureIndex);
    // A loop that does not fit would push out its own beginning, round after round, for as long as the silence lasts.
    if (!this.faces.hasRoomFor((box.widthPx * box.heightPx * 3) / 2)) return;
    const picture = avatar.pictureNow(pictureIndex);
    if (picture) this.sendFace(key, picture, box);
  }

  private sendFace(key: string, picture: I420Picture, box: Box): void {
    const face = cropI420(picture, box, this.lastCrop);
    this.lastCrop = face.data;
    const process = this.keeper.current;
    const slot = this.faces.add(key, face.data.length, (old) => process?.send({ type: 'forget', slot: old }));
    process?.send({ type: 'face', slot, face });
  }

  /** Ends the process and waits until it is gone. Requests in flight resolve `undefined`. */
  close(): Promise<void> {
    return this.keeper.close();
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
        this.keeper.current?.send({ type: 'drop', id });
      };
      const onAbort = () => giveUp('aborted');
      const timer = setTimeout(() => giveUp('late'), this.options.deadlineMs);
      signal.addEventListener('abort', onAbort, { once: true });
      if (this.pending.size === 0) this.workingSinceMs = performance.now();
      this.pending.set(id, pending);
    });
  }

  private receive(message: FromInfer): void {
    if (message.type === 'patch') {
      const { region, data, release, inferMs, composeMs } = message;
      const took = inferMs + composeMs;
      const known = this.pictureMs;
      this.recentPictureMs = known + (took - known) * (took < known ? FASTER_SHARE : SLOWER_SHARE);
      const pending = this.pending.get(message.id);
      if (pending?.settle) {
        const { xPx, yPx } = pending.box;
        const placed = { ...region, xPx: region.xPx + xPx, yPx: region.yPx + yPx };
        pending.settle('inferred', { region: placed, data, ...(release && { release }) });
      } else release?.();
    } else if (message.type === 'coefficients') {
      this.calls.answer(message.id, message.values);
    } else if (message.type === 'missed' && !this.calls.fail(message.id, message.message)) {
      this.keeper.lastError = message.message;
      this.pending.get(message.id)?.settle?.('lost');
    }
    if ('id' in message) this.pending.delete(message.id);
    // Coefficients overtake the mouths that are under way.
    if (message.type !== 'coefficients') this.workingSinceMs = performance.now();
    if (this.pending.size + this.calls.size > 0) this.keeper.watch();
  }

  /** Once per avatar: its faces are scaled to what the network takes, and the mouths back. */
  private sayIfResampled({ id, faceSizePx }: Avatar): void {
    const wanted = this.keeper.facts?.faceSizePx;
    if (faceSizePx === undefined || faceSizePx === wanted || this.fitted.has(id)) return;
    this.fitted.add(id);
    this.options.onEvent({
      kind: 'resampled',
      message:
        `the faces of ${id} were made for ${faceSizePx} px weights, and ${this.model!.name} takes ${wanted} px: ` +
        'they are resampled, which may cost some sharpness',
    });
  }

  private loseAll(): void {
    for (const pending of this.pending.values()) pending.settle?.('lost');
    this.pending.clear();
    this.calls.loseAll();
  }
}

const faceKey = (avatar: Avatar, pictureIndex: number): string => {
  const { xPx, yPx, widthPx, heightPx } = avatar.faceBox(pictureIndex);
  return `${avatar.id}${avatar.background?.id ?? ''}/${pictureIndex}/${xPx},${yPx},${widthPx},${heightPx}`;
};
