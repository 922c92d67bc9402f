import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HeraldError } from '../errors';
import { type ActionEntry, describeProblems, type Problem, parseActions } from './actions/config';
import { asItIs, keyedPerformance } from './actions/keyed';
import { loadEntry, videoPerformance } from './actions/load';
import type { PathRules } from './actions/paths';
import type { Performance } from './actions/performance';
import { StoredFolders } from './actions/stored-folders';
import type { Avatar, PerformanceClip } from './avatar';
import { PictureCache } from './picture-cache';

export type { ActStep, Performance, PictureSize } from './actions/performance';

export interface ActionsOptions {
  /** `--customvideo_config`: LiveTalking's JSON. */
  configFile?: string;
  /** The folder that offers may name files of, beside the config file's own. */
  actionsDir: string;
  /** Where converted pictures are kept. */
  cacheDir: string;
  /** Paths that are relative to nothing else. Default: the process's own. */
  workingDir?: string;
  onEvent?: (kind: 'converted' | 'failed', message: string) => void;
}

/**
 * The performances of a server: those of `--customvideo_config`, of each presenter and of each offer, merged for a session. Of
 * two with one number the offer's goes before the file's, and that before the presenter's.
 */
export class Actions {
  private shared: readonly Performance[] = [];

  private constructor(
    private readonly options: ActionsOptions,
    private readonly stored: StoredFolders,
  ) {}

  /** @throws Error that names every problem of the config file, one a line, with the entry and key of each */
  static async open(options: ActionsOptions): Promise<Actions> {
    const stored = new StoredFolders(new PictureCache(options.cacheDir), options.onEvent ?? (() => {}));
    const actions = new Actions(options, stored);
    const { configFile } = options;
    if (configFile === undefined) return actions;
    const what = `--customvideo_config ${configFile}`;
    try {
      const json = await readFile(configFile, 'utf8').catch((error: Error) => {
        throw new Error(`${what} cannot be read: ${error.message}`);
      });
      const rules = { bases: [dirname(configFile), actions.workingDir] };
      actions.shared = await actions.load(json, rules, (problems) => new Error(describeProblems(what, problems)));
      return actions;
    } catch (error) {
      await actions.close();
      throw error;
    }
  }

  /** The performances of the config file. */
  get all(): readonly Performance[] {
    return this.shared;
  }

  /**
   * What a session of this presenter can perform.
   * @param customConfig `custom_config` of an offer, the same JSON as the config file's
   * @throws HeraldError('malformed') that names every problem of the offer's, or of the presenter's
   */
  async forSession(avatar: Avatar, customConfig?: string): Promise<Performance[]> {
    const offered = customConfig === undefined ? [] : await this.ofOffer(customConfig);
    const merged = new Map<number, Performance>();
    const { background } = avatar;
    const brought = [...this.shared, ...offered].map((one) => (background ? asItIs(one, background) : one));
    const lists = [await ofPresenter(avatar), brought];
    for (const performance of lists.flat()) merged.set(performance.audiotype, performance);
    return [...merged.values()].sort((a, b) => a.audiotype - b.audiotype);
  }

  /** Ends conversions; performances in progress end by their own signal. */
  close(): Promise<void> {
    return this.stored.close();
  }

  private ofOffer(json: string): Promise<Performance[]> {
    const { actionsDir, configFile } = this.options;
    // Whoever may send an offer is not whoever owns this machine: only these folders, links followed.
    const within = [actionsDir, ...(configFile === undefined ? [] : [dirname(configFile)])];
    return this.load(
      json,
      { bases: [...within, this.workingDir], within },
      (problems) => new HeraldError('malformed', describeProblems('custom_config', problems)),
    );
  }

  private async load(json: string, rules: PathRules, failure: (problems: Problem[]) => Error): Promise<Performance[]> {
    const { entries, problems } = parseActions(json);
    const performances: Performance[] = [];
    for (const [index, entry] of entries) {
      const onProblem = (problem: Problem) => problems.push({ index, ...problem });
      const performance = await this.loadEntry(entry, rules, onProblem);
      if (performance) performances.push(performance);
    }
    if (problems.length > 0) throw failure(problems);
    return performances;
  }

  private loadEntry(entry: ActionEntry, rules: PathRules, onProblem: (problem: Problem) => void) {
    return loadEntry(entry, { rules, stored: this.stored, onProblem });
  }

  private get workingDir(): string {
    return this.options.workingDir ?? process.cwd();
  }
}

async function ofPresenter({ id, background, performances = [] }: Avatar): Promise<Performance[]> {
  const shown = async (clip: PerformanceClip) => {
    const performance = await videoPerformance(clip);
    if (!background) return performance;
    return clip.key ? keyedPerformance(performance, clip.key, background) : asItIs(performance, background);
  };
  return Promise.all(
    performances.map((clip) =>
      shown(clip).catch((error: Error) => {
        throw new HeraldError(
          'malformed',
          `presenter ${id}: performance ${clip.audiotype} (${clip.name}) ${error.message}. Restore the presenter's folder.`,
        );
      }),
    ),
  );
}
