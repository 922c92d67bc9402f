import { join } from 'node:path';
import { say } from '../../../shared/told';
import { filesRoot } from '../entries';
import type { Log } from '../log';
import { BUILT_IN_MODEL, type FoundModel, findModel } from './find-model';
import type { MouthHost, MouthHostOptions } from './host';
import { describeConverted, type LipModel } from './model';
import type { MouthEvent } from './mouth';
import type { SwitchableMouth } from './switchable-mouth';
import { convertCheckpoint } from './weights/convert';

export interface ChooserParts {
  mouth: SwitchableMouth;
  /** Starts a process with this model. */
  host(model: Pick<MouthHostOptions, 'model' | 'modelFile'>): MouthHost;
  /** Where models are looked for, the first folder first. */
  dirs: readonly string[];
  /** Where what is converted is kept; the last of `dirs`. */
  outDir: string;
  log: Log;
  onEvent?(event: MouthEvent): void;
  /** Called each time that a model has come into service; ends with the signal. */
  onServing?(model: LipModel | undefined, signal: AbortSignal): Promise<void>;
  /** Ends whatever is under way. */
  signal: AbortSignal;
}

const PROGRESS_STEP = 0.25;

/** The built-in network. */
export const builtIn = { modelFile: join(filesRoot, 'models', `${BUILT_IN_MODEL}.onnx`) } as const;

/**
 * Brings the model that is asked for into service: converts it where that was not done before, loads it beside the one that draws,
 * and changes over once it is ready. What cannot be used changes nothing. Of two wishes the later one counts, at once.
 */
export class ModelChooser {
  /** What draws now. */
  serving: FoundModel = { kind: 'built-in' };
  private wish = new AbortController();
  private tail: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ChooserParts) {}

  /** @throws Error, for people, when there is no such model; nothing is loaded for it */
  check(model: string): void {
    const found = findModel(model, this.parts.dirs);
    if (found.kind === 'missing') throw new Error(found.message);
  }

  /** Resolves when the model draws, was given up, or another one is wanted; never rejects. */
  use(model: string): Promise<void> {
    this.wish.abort();
    this.wish = new AbortController();
    const signal = AbortSignal.any([this.wish.signal, this.parts.signal]);
    this.tail = this.tail.then(() => (signal.aborted ? undefined : this.take(model, signal)));
    return this.tail;
  }

  private async take(model: string, signal: AbortSignal): Promise<void> {
    const { mouth, dirs } = this.parts;
    try {
      const found = findModel(model, dirs);
      // Start scripts of others name models that they have and we do not: no fault of anybody's.
      if (found.kind === 'missing') return this.refused(model, `${found.message}.`, 'warn');
      if (sameModel(found, this.serving)) {
        mouth.standsIn(undefined);
        return;
      }
      mouth.standsIn({ model, why: say('mouth.madeReady'), loading: true });
      const prepared = found.kind === 'built-in' ? undefined : await this.prepare(found, signal);
      signal.throwIfAborted();
      await this.change(prepared ? { model: prepared } : builtIn, signal);
      this.serving = found;
      await this.parts.onServing?.(prepared, signal);
    } catch (error) {
      if (!signal.aborted) this.refused(model, `--model ${model}: ${(error as Error).message}`, 'error');
    }
  }

  private async change(model: Pick<MouthHostOptions, 'model' | 'modelFile'>, signal: AbortSignal): Promise<void> {
    const next = this.parts.host(model);
    // Whoever wants another model by now need not wait for this one to load.
    const stop = () => void next.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.parts.mouth.change(next, () => signal.removeEventListener('abort', stop));
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  private async prepare(
    found: Extract<FoundModel, { kind: 'file' | 'converted' }>,
    signal: AbortSignal,
  ): Promise<LipModel> {
    if (found.kind === 'converted') return describeConverted(found.model);
    const { outDir, log } = this.parts;
    let told = 0;
    const converted = await convertCheckpoint(found.file, outDir, {
      signal,
      onProgress: ({ stage, fraction }) => {
        // A file that was converted before is only read.
        if (stage === 'reading' || fraction - told < PROGRESS_STEP) return;
        told = fraction;
        log.info(`converting ${found.file}: ${stage}, ${Math.round(100 * fraction)} %`);
      },
    });
    return describeConverted(converted);
  }

  private refused(model: string, why: string, level: 'warn' | 'error'): void {
    const { mouth, log, onEvent } = this.parts;
    mouth.standsIn({ model, why, loading: false });
    const message = `${why} ${mouth.status().model} is used.`;
    log[level](message);
    onEvent?.({ kind: 'refused', message });
  }
}

/** Whether both are the same file, or the same conversion. */
export function sameModel(a: FoundModel, b: FoundModel): boolean {
  if (a.kind === 'file' && b.kind === 'file') return a.file === b.file;
  if (a.kind === 'converted' && b.kind === 'converted') return a.model.folder === b.model.folder;
  return a.kind === b.kind && a.kind === 'built-in';
}
