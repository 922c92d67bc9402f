import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { MAX_IMPORT_BYTES, MAX_IMPORT_FILES } from '../../../shared/library-protocol';
import { HeraldError } from '../errors';
import { AvatarFolder, avatarFileOf } from './avatar-files';
import { checkRoom } from './room';

export interface ZipBounds {
  maxFiles: number;
  /** Of all files once they are unpacked. */
  maxBytes: number;
}

export interface UnpackOptions {
  signal: AbortSignal;
  onProgress?(fraction: number): void;
  bounds?: ZipBounds;
}

/** Pictures hardly shrink, and face boxes to a tenth; deflate reaches 1,032 on zeros (zlib's technical notes). */
const MAX_RATIO = 100;
/** Below this, how much a file was squeezed says nothing. */
const RATIO_COUNTS_FROM_BYTES = 1 << 20;
const [STORED, DEFLATED] = [0, 8];
const FILE_TYPE = 0o170000;
const SYMLINK = 0o120000;

interface Wanted {
  entry: Entry;
  part: string;
}

/**
 * Unpacks the parts of the one avatar in an archive into a folder. The whole list is judged before a byte is written: names,
 * links, encryption, how many files, and how large they say they become; while unpacking, a file that is not what the list said
 * (longer, shorter, another checksum) ends it.
 *
 * @returns the name of the avatar's folder in the archive, '' where its parts lie at the top
 * @throws HeraldError('malformed') that names the entry, ('refused') without room; the signal's reason
 */
export async function unpackAvatar(file: string, target: string, options: UnpackOptions): Promise<string> {
  const {
    signal,
    onProgress = () => {},
    bounds = { maxFiles: MAX_IMPORT_FILES, maxBytes: MAX_IMPORT_BYTES },
  } = options;
  signal.throwIfAborted();
  const zip = await broken(openPromise(file, { autoClose: false }));
  try {
    const { wanted, name } = await judge(zip, (await stat(file)).size, bounds);
    const total = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    await checkRoom(target, total);
    let done = 0;
    for (const { entry, part } of wanted) {
      signal.throwIfAborted();
      await unpack(zip, entry, join(target, part), signal);
      onProgress(total === 0 ? 1 : (done += entry.uncompressedSize) / total);
    }
    return name;
  } finally {
    zip.close();
  }
}

async function judge(zip: ZipFile, zipBytes: number, { maxFiles, maxBytes }: ZipBounds) {
  const { entryCount } = zip;
  if (entryCount > maxFiles)
    throw malformed(`the zip holds ${entryCount} files, and an avatar has at most ${maxFiles}`);
  const folder = new AvatarFolder();
  const wanted: Wanted[] = [];
  let bytes = 0;
  const entries = zip.eachEntry()[Symbol.asyncIterator]();
  for (;;) {
    const next = await broken(entries.next());
    if (next.done) break;
    const entry = next.value;
    const { fileName } = entry;
    const path = fileName.replace(/\/$/, '');
    // Also of a folder, and of a file that is not wanted: an archive with such a name was made to do harm.
    const place = avatarFileOf(path);
    checkEntry(entry);
    if (!place || path !== fileName) continue;
    // Sums what is unpacked: entries that share their bytes (a "better zip bomb", Fifield 2019) count each time.
    bytes += entry.uncompressedSize;
    if (bytes > maxBytes) throw malformed(`the zip would become larger than ${Math.floor(maxBytes / 1e9)} GB`);
    folder.add(place);
    wanted.push({ entry, part: place.part });
  }
  if (bytes > RATIO_COUNTS_FROM_BYTES && bytes > MAX_RATIO * zipBytes) throw bomb('the zip');
  return { wanted, name: folder.name };
}

function checkEntry(entry: Entry): void {
  const { fileName, compressionMethod, compressedSize, uncompressedSize, externalFileAttributes } = entry;
  const name = shown(fileName);
  if (entry.isEncrypted()) throw malformed(`${name} is encrypted: make the zip without a password`);
  // Info-ZIP keeps the Unix mode in the upper half.
  if (((externalFileAttributes >>> 16) & FILE_TYPE) === SYMLINK) {
    throw malformed(`${name} is a symbolic link: zip the files themselves`);
  }
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw malformed(`${name} is packed in a way (${compressionMethod}) other than Deflate: make an ordinary zip`);
  }
  if (uncompressedSize > RATIO_COUNTS_FROM_BYTES && uncompressedSize > MAX_RATIO * compressedSize) throw bomb(name);
}

async function unpack(zip: ZipFile, entry: Entry, target: string, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const source = await broken(zip.openReadStreamPromise(entry));
  let sum = 0;
  const check = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      sum = crc32(piece, sum);
      yield piece;
    }
  };
  try {
    // `wx`: two entries of one name, or of names that this file system takes for one, are no avatar.
    await pipeline(source, check, createWriteStream(target, { flags: 'wx' }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw malformed(`${shown(entry.fileName)} is in the zip twice`);
    if (code !== undefined && !code.startsWith('Z_')) throw error;
    throw malformed(`${shown(entry.fileName)} is damaged in the zip (${message}): make or copy the zip again`);
  }
  if (sum !== entry.crc32) {
    throw malformed(`${shown(entry.fileName)} is damaged in the zip (another checksum): make or copy the zip again`);
  }
}

/** What the reader finds wrong with the archive itself. */
async function broken<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw error; // of the file system
    throw malformed(`the zip cannot be read (${message.slice(0, 200)}): make or copy it again`);
  }
}

const bomb = (name: string) =>
  malformed(`${name} would become more than ${MAX_RATIO} times as large: that is no picture`);
const shown = (name: string) => JSON.stringify(name.slice(0, 100));
const malformed = (message: string) => new HeraldError('malformed', message);
