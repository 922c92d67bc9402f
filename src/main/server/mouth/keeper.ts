import { existsSync } from 'node:fs';
import { Watchdog } from '../watchdog';
import type { EngineFacts, EngineOptions } from './engine';
import type { InferProcess } from './infer-process';
import type { FromInfer } from './messages';
import type { LipModel } from './model';
import type { MouthEvent, MouthStatus } from './mouth';
import type { ProviderName } from './providers';

export interface KeeperOptions {
  /** Not known when describing it failed; `problem` says why. */
  model: LipModel | undefined;
  problem: string | undefined;
  engine: Omit<EngineOptions, 'again' | 'ruledOut'>;
  /** A process that answers nothing for so long is replaced. */
  hungMs: number;
  start: () => InferProcess;
}

export interface KeeperHooks {
  onEvent(event: MouthEvent): void;
  /** A new process was started: it knows nothing. */
  onStarted(): void;
  onAnswer(message: FromInfer): void;
  /** The process is gone, and with it everything it was asked. */
  onGone(): void;
}

/** Longest silence while a model is loaded, or while one provider is tried. */
const LOAD_LIMIT_MS = 60_000;
/** TensorRT builds its engine first. */
const TENSORRT_LIMIT_MS = 600_000;
/** Deaths in a row -> pause before the next start. A process that lived for long enough starts the row anew. */
const BACK_OFF_MS = [0, 250, 1_000, 4_000, 15_000, 30_000];
const HEALTHY_MS = 10_000;
/** Deaths in a row of a process that was never ready, after which it is given up. */
const HOPELESS_DEATHS = 4;

/** Keeps one inference process running: starts it, notices when it hangs, and replaces it when it dies. */
export class InferKeeper {
  state: MouthStatus['state'] = 'starting';
  facts: EngineFacts | undefined;
  restarts = 0;
  lastError: string | undefined;
  readonly ready: Promise<void>;
  private process: InferProcess | undefined;
  private resolveReady!: () => void;
  private rejectReady!: (error: Error) => void;
  private readonly ruledOut: Partial<Record<ProviderName, string>> = {};
  private trying: ProviderName | undefined;
  private deathsInARow = 0;
  private startedAtMs = 0;
  private diedAtMs: number | undefined;
  private restartTimer: NodeJS.Timeout | undefined;
  private readonly watchdog = new Watchdog();
  private killedBecause: string | undefined;
  private closed: Promise<void> | undefined;
  private onProcessGone: (() => void) | undefined;

  constructor(
    private readonly options: KeeperOptions,
    private readonly hooks: KeeperHooks,
  ) {
    this.ready = new Promise((yes, no) => {
      this.resolveReady = yes;
      this.rejectReady = no;
    });
    this.ready.catch(() => {}); // whoever needs to know awaits it
  }

  /** Once. */
  begin(): void {
    const { model, problem } = this.options;
    if (!model) this.fail(problem ?? 'there is no lip model');
    else if (!existsSync(model.file)) {
      this.fail(`the lip model ${model.file} is missing. ${model.remedy ?? 'Restore it (git checkout -- models).'}`);
    } else this.start();
  }

  /** Who to talk to; another one after a death. */
  get current(): InferProcess | undefined {
    return this.process;
  }

  /** Replaces the process unless something is heard from it in time. */
  watch(limitMs = this.options.hungMs): void {
    if (this.watchdog.armed) return;
    this.watchdog.arm(limitMs, () => {
      this.killedBecause = `no answer for ${limitMs} ms`;
      this.process?.kill();
    });
  }

  /** Ends the process and waits until it is gone. */
  close(): Promise<void> {
    this.closed ??= new Promise<void>((done) => {
      clearTimeout(this.restartTimer);
      this.watchdog.stop();
      this.state = 'failed';
      this.rejectReady(new Error('the mouth was closed'));
      this.hooks.onGone();
      if (!this.process) return done();
      this.onProcessGone = done;
      this.process.kill();
    });
    return this.closed;
  }

  private start(): void {
    const process = this.options.start();
    this.process = process;
    this.startedAtMs = performance.now();
    this.killedBecause = undefined;
    this.trying = undefined;
    this.hooks.onStarted();
    process.onMessage((message) => {
      if (process === this.process) this.receive(message);
    });
    process.onExit((why) => {
      if (process === this.process) this.died(why);
    });
    process.send({
      type: 'load',
      model: this.options.model!,
      options: { ...this.options.engine, ruledOut: this.ruledOut, ...(this.facts ? { again: this.facts } : {}) },
    });
    this.watch(LOAD_LIMIT_MS);
  }

  private receive(message: FromInfer): void {
    this.watchdog.stop();
    switch (message.type) {
      case 'trying':
        this.trying = message.provider;
        this.watch(message.provider === 'tensorrt' ? TENSORRT_LIMIT_MS : LOAD_LIMIT_MS);
        return;
      case 'loaded':
        this.loaded(message.facts);
        return;
      case 'refused':
        this.fail(`${message.message}. ${remedyOf(this.options.model!)}`);
        this.process?.kill();
        return;
      default:
        this.hooks.onAnswer(message);
    }
  }

  private loaded(facts: EngineFacts): void {
    this.trying = undefined;
    this.facts ??= facts; // a hurried warm-up says less than the first one
    this.state = 'ready';
    if (this.diedAtMs !== undefined) {
      const awayMs = Math.round(performance.now() - this.diedAtMs);
      this.hooks.onEvent({ kind: 'resumed', message: `lip inference is back after ${awayMs} ms` });
    }
    this.diedAtMs = undefined;
    this.resolveReady();
  }

  private died(why: string): void {
    this.watchdog.stop();
    this.process = undefined;
    this.hooks.onGone();
    this.onProcessGone?.();
    if (this.state === 'failed') return; // closed, or given up
    const wasReady = this.facts !== undefined;
    if (wasReady && performance.now() - this.startedAtMs > HEALTHY_MS) this.deathsInARow = 0;
    this.lastError = this.killedBecause ?? why;
    // A GPU driver that took the process with it: the next one goes without, and the model is not to blame.
    if (this.trying !== undefined) this.ruledOut[this.trying] = this.lastError;
    const pauseMs = this.trying !== undefined ? 0 : BACK_OFF_MS[Math.min(this.deathsInARow, BACK_OFF_MS.length - 1)]!;
    if (this.trying === undefined) this.deathsInARow++;
    if (!wasReady && this.deathsInARow >= HOPELESS_DEATHS) {
      this.fail(`the inference process does not start (${this.lastError}). Run npm ci again.`);
      return;
    }
    this.restarts++;
    this.state = 'restarting';
    this.diedAtMs ??= performance.now();
    const when = pauseMs === 0 ? 'at once' : `in ${pauseMs} ms`;
    const during = this.trying === undefined ? '' : ` while ${this.trying} was tried`;
    this.hooks.onEvent({
      kind: 'restarted',
      message: `the lip inference process ended${during} (${this.lastError}); restarting ${when}, idle mouth until then`,
    });
    this.restartTimer = setTimeout(() => this.start(), pauseMs);
  }

  private fail(message: string): void {
    this.state = 'failed';
    this.lastError = message;
    this.watchdog.stop();
    this.rejectReady(new Error(message));
    // Not before the constructor has returned: the listener may want to look at us.
    queueMicrotask(() => this.hooks.onEvent({ kind: 'failed', message }));
  }
}

const remedyOf = ({ remedy, file }: LipModel) =>
  remedy ?? `Restore ${file} (git checkout -- models) or run npm ci again.`;
