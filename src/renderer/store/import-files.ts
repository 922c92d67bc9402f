import { type ImportKind, MAX_IMPORT_BYTES, MAX_IMPORT_FILES } from '../../shared/library-protocol';
import type { ImportFile } from '../rtc/imports';

/** What was picked or dropped, as one thing to import. */
export interface Picked {
  kind: ImportKind;
  /** What it is called there: the folder's name, or the file's without its ending. */
  name: string;
  files: readonly ImportFile[];
  bytes: number;
}

export type PickProblem = 'nothing' | 'several' | 'unknown' | 'noCoords' | 'tooLarge';

/** What file managers leave behind; it belongs to nobody's folder. */
const LITTER = /(?:^|\/)(?:\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(?:\/|$)/i;
const ARCHIVE = /\.zip$/i;
const WEIGHTS = /\.(?:pth|pt|onnx)$/i;
/** What tells an avatar of LiveTalking: the boxes of its face. */
const AVATAR_MARK = /\/coords\.pkl$/;

/**
 * What it is, told before anything is sent: a folder of 1.5 GB that lacks its list of boxes would be on its way for minutes
 * to be refused. The server looks closer.
 */
export function recognise(chosen: readonly ImportFile[]): Picked | PickProblem {
  const files = chosen.filter(({ path }) => !LITTER.test(path));
  const [first] = files;
  if (!first) return 'nothing';
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  if (files.length > MAX_IMPORT_FILES || bytes > MAX_IMPORT_BYTES) return 'tooLarge';
  const roots = new Set(files.map(({ path }) => path.split('/')[0] ?? path));
  if (roots.size > 1) return 'several';
  const root = first.path.split('/')[0] ?? first.path;
  if (root !== first.path) {
    if (!files.some(({ path }) => AVATAR_MARK.test(path))) return 'noCoords';
    return { kind: 'avatar', name: root, files, bytes };
  }
  const name = root.replace(/\.[^.]+$/, '');
  if (ARCHIVE.test(root)) return { kind: 'avatar', name, files, bytes };
  if (WEIGHTS.test(root)) return { kind: 'weights', name, files, bytes };
  return 'unknown';
}

/** Of an input: a picked folder tells where in it each file stands. */
export const filesOfInput = (list: FileList | null): ImportFile[] =>
  [...(list ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/**
 * What was dropped, folders with all that is in them. What the event holds is gone once its handler returns, so call this
 * inside it. A folder of more than anybody may import is read no further.
 */
export function filesOfDrop(transfer: Pick<DataTransfer, 'items'>): Promise<ImportFile[]> {
  const items = [...transfer.items];
  const entries = items.map((item) => item.webkitGetAsEntry());
  // What stands in no folder that could be entered, such as an attachment, is a file all the same.
  const alone = items.flatMap((item, i) => (entries[i] ? [] : (item.getAsFile() ?? [])));
  return walk(
    entries.filter((entry) => entry !== null),
    alone.map((file) => ({ file, path: file.name })),
  );
}

async function walk(entries: readonly FileSystemEntry[], found: ImportFile[]): Promise<ImportFile[]> {
  const waiting = [...entries];
  for (let entry = waiting.pop(); entry && found.length <= MAX_IMPORT_FILES; entry = waiting.pop()) {
    const path = entry.fullPath.replace(/^\//, '');
    if (LITTER.test(path)) continue;
    if (entry.isFile) found.push({ file: await fileOf(entry as FileSystemFileEntry), path });
    else waiting.push(...(await entriesOf(entry as FileSystemDirectoryEntry)));
  }
  return found;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** Chromium tells a hundred at a time; an empty answer is the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || all.length > MAX_IMPORT_FILES) return all;
    all.push(...some);
  }
}
