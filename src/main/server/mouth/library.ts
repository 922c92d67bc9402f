import { existsSync, statSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { MouthModel } from '../../../shared/library-protocol';
import { HeraldError } from '../errors';
import { builtIn, sameModel } from './chooser';
import { BUILT_IN_MODEL, type FoundModel, findModel } from './find-model';
import { describeModel } from './model';
import { type ModelInfo, readModelInfo } from './weights/model-info';

export interface MouthLibraryOptions {
  /** `<data>/models`: imported files, and what was made of them. */
  modelsDir: string;
  /** Other people's folder of models (`--models`), in which is looked first. */
  otherDir?: string;
  /** What draws now. */
  serving(): FoundModel;
  /** What the settings ask for. */
  chosen(): string;
}

interface Entry {
  model: MouthModel;
  found: FoundModel;
  /** What goes with it when it is deleted. */
  paths: string[];
  /** Of the file that was brought in: what is of one size is probably one network, which is converted once for all its names. */
  sourceBytes: number;
}

interface Conversion {
  folder: string;
  info: ModelInfo;
  bytes: number;
}

const kindOf = (file: string) => (extname(file).toLowerCase() === '.onnx' ? 'onnx' : 'checkpoint');
/** lip-mini.json says it; it is part of this version. */
const BUILT_IN_FACE_PX = 160;

/** The models that the setting `model` can name: the built-in one, files, and conversions whose file is gone. */
export class MouthLibrary {
  constructor(private readonly options: MouthLibraryOptions) {}

  async list(): Promise<MouthModel[]> {
    return (await this.entries()).map(({ model }) => model);
  }

  /** Deletes an imported file and what was made of it. @throws HeraldError('not-found'), ('refused') that says why not */
  async remove(id: string): Promise<void> {
    const entries = await this.entries();
    const entry = entries.find(({ model }) => model.id === id);
    if (!entry)
      throw new HeraldError(
        'not-found',
        `there is no model ${JSON.stringify(id.slice(0, 80))}; /api/models lists them`,
      );
    const { model, found, paths } = entry;
    const refuse = (why: string) => new HeraldError('refused', `${model.name} stays: ${why}`);
    if (found.kind === 'built-in') throw refuse('it is part of Herald');
    if (!model.removable) throw refuse(`it lies in ${this.options.otherDir}, which is not Herald's; delete it there`);
    if (model.inUse) throw refuse('it is in use. Choose another model first');
    const chosen = findModel(this.options.chosen(), this.dirs);
    if (sameModel(chosen, found)) throw refuse('the setting "model" names it. Choose another model first');
    const twin = entries.find(
      (other) => other.sourceBytes === entry.sourceBytes && (other.model.inUse || sameModel(chosen, other.found)),
    );
    if (twin) throw refuse(`${twin.model.name}, which is in use, may be the same. Choose another model first`);
    for (const path of paths) await rm(path, { recursive: true, force: true });
  }

  private get dirs(): string[] {
    const { modelsDir, otherDir } = this.options;
    return [...(otherDir ? [otherDir] : []), modelsDir];
  }

  private async entries(): Promise<Entry[]> {
    const conversions = await this.conversions();
    const entries = [this.builtInEntry()];
    for (const dir of this.dirs) {
      for (const name of await filesIn(dir)) entries.push(await this.fileEntry(join(dir, name), dir, conversions));
    }
    const ofFiles = new Set(entries.flatMap(({ paths }) => paths));
    for (const conversion of conversions) {
      if (!ofFiles.has(conversion.folder)) entries.push(this.conversionEntry(conversion));
    }
    return entries;
  }

  private builtInEntry(): Entry {
    const found: FoundModel = { kind: 'built-in' };
    const bytes = statSync(builtIn.modelFile, { throwIfNoEntry: false })?.size ?? 0;
    const facts = { kind: 'built-in' as const, bytes, faceSizePx: BUILT_IN_FACE_PX, removable: false };
    const { name } = describeModel(builtIn.modelFile);
    return {
      model: { id: BUILT_IN_MODEL, name, ...facts, inUse: this.isServing(found) },
      found,
      paths: [],
      sourceBytes: bytes,
    };
  }

  private async fileEntry(file: string, dir: string, conversions: readonly Conversion[]): Promise<Entry> {
    const found: FoundModel = { kind: 'file', file };
    const name = basename(file);
    const { size } = await stat(file);
    // By name and size: a checkpoint of 400 MB is not hashed for a list.
    const made = conversions.filter(({ info: { source } }) => source.name === name && source.sizeBytes === size);
    const ids = [basename(name, extname(name)), name, file];
    const model: MouthModel = {
      id: ids.find((id) => sameModel(findModel(id, this.dirs), found)) ?? file,
      name: ids[0]!,
      kind: kindOf(name),
      bytes: size + made.reduce((sum, { bytes }) => sum + bytes, 0),
      ...(made[0] && { faceSizePx: made[0].info.faceSizePx }),
      inUse: this.isServing(found),
      removable: dir === this.options.modelsDir,
    };
    return { model, found, paths: [file, ...made.map(({ folder }) => folder)], sourceBytes: size };
  }

  private conversionEntry({ folder, info, bytes }: Conversion): Entry {
    const found: FoundModel = { kind: 'converted', model: { folder, info } };
    const name = basename(info.source.name, extname(info.source.name));
    const id = [name, basename(folder)].find((id) => sameModel(findModel(id, this.dirs), found)) ?? basename(folder);
    const facts = { bytes, faceSizePx: info.faceSizePx, inUse: this.isServing(found), removable: true };
    const { sizeBytes: sourceBytes } = info.source;
    return { model: { id, name, kind: kindOf(info.source.name), ...facts }, found, paths: [folder], sourceBytes };
  }

  private isServing(found: FoundModel): boolean {
    return sameModel(this.options.serving(), found);
  }

  private async conversions(): Promise<Conversion[]> {
    const { modelsDir } = this.options;
    const names = existsSync(modelsDir) ? await readdir(modelsDir) : [];
    return names
      .filter((name) => /^[0-9a-f]{16}$/.test(name))
      .sort()
      .flatMap((name) => {
        const folder = join(modelsDir, name);
        const info = readModelInfo(folder);
        if (!info) return [];
        const { full, fast } = info;
        const graphs = [full, ...(fast ? [fast.face, fast.mouth, fast.quick] : [])];
        return [{ folder, info, bytes: graphs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }];
      });
  }
}

/** Names of checkpoints and networks, in order; a folder that cannot be read has none. */
async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && /\.(?:pth|onnx)$/i.test(entry.name))
    .filter(({ name }) => statSync(join(dir, name), { throwIfNoEntry: false })?.isFile())
    .map(({ name }) => name)
    .sort();
}
