import { crc32 } from 'node:zlib';
import type { FileReader } from './file-reader';
import { PickleError, readPickle } from './pickle';
import { type CheckpointParts, MAX_PICKLE_BYTES, type StorageData } from './torch-parts';
import { StorageTable, TORCH_GLOBALS } from './torch-storage';
import { dataOffset, readZipDirectory, type ZipEntry, ZipError } from './zip';

/** The format of torch >= 1.6: a zip archive of `NAME/data.pkl` and one `NAME/data/KEY` for each storage. */
export async function readArchive(file: FileReader): Promise<CheckpointParts> {
  const entries = await readZipDirectory(file);
  const pickleName = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickleName)
    throw new ZipError(
      'is a zip archive, but not one that torch.save wrote: it has no data.pkl. If a .pth is inside, unpack it',
    );
  const root = pickleName.slice(0, -'data.pkl'.length);
  if (entries.has(`${root}constants.pkl`) || [...entries.keys()].some((name) => name.startsWith(`${root}code/`))) {
    throw new ZipError(
      "is a TorchScript archive: a program, not a checkpoint; it was not opened. Save its weights: torch.save({'state_dict': torch.jit.load(FILE).state_dict()}, 'new.pth')",
    );
  }
  if (![...entries.values()].every(({ stored }) => stored)) {
    throw new ZipError('was compressed after torch.save wrote it. Zip it again without compression (zip -0)');
  }
  const byteOrder = await readSmall(file, entries.get(`${root}byteorder`));
  if (byteOrder && byteOrder.toString('latin1').trim() !== 'little') {
    throw new ZipError('was saved on a big-endian machine. Save it again on another');
  }
  const pickled = await readSmall(file, entries.get(pickleName));
  const table = new StorageTable();
  const { value } = readPickle(pickled!, { globals: TORCH_GLOBALS, persistentLoad: table.load });
  const storages = new Map<string, StorageData>();
  for (const { key, elements, elementBytes } of table.byKey.values()) {
    const entry = entries.get(`${root}data/${key}`);
    if (!entry) throw new PickleError(`is damaged: the numbers of a tensor are missing. Copy or download it again`);
    if (entry.sizeBytes !== elements * elementBytes) {
      throw new PickleError('is damaged: a tensor has too few or too many numbers. Copy or download it again');
    }
    storages.set(key, { offset: await dataOffset(file, entry), crc32: entry.crc32 });
  }
  return { value, storages };
}

async function readSmall(file: FileReader, entry: ZipEntry | undefined): Promise<Buffer | undefined> {
  if (!entry) return undefined;
  if (entry.sizeBytes > MAX_PICKLE_BYTES) throw new PickleError('holds a pickle that is too large to be opened');
  const bytes = await file.read(await dataOffset(file, entry), entry.sizeBytes);
  if (entry.crc32 !== 0 && crc32(bytes) !== entry.crc32) {
    throw new ZipError('is damaged: its description of the tensors fails its checksum. Copy or download it again');
  }
  return bytes;
}
