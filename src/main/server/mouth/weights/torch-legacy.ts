import { say } from '../../../../shared/told';
import { endsEarly, type FileReader } from './file-reader';
import { PickleError, readPickle } from './pickle';
import { type CheckpointParts, MAX_PICKLE_BYTES, type StorageData } from './torch-parts';
import { StorageTable, TORCH_GLOBALS } from './torch-storage';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const MAGIC_BYTES = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');
const FIRST_READ_BYTES = 1 << 20;

/**
 * The format before torch 1.6, still written on request: five pickles in a row (magic number, protocol, machine, the value, the
 * storages' keys), then each storage as its element count and its numbers. It has no checksums.
 * @param head the file's first bytes
 */
export async function readLegacy(file: FileReader, head: Buffer): Promise<CheckpointParts> {
  if (!head.subarray(0, MAGIC_BYTES.length).equals(MAGIC_BYTES)) throw new PickleError(whatItIs(head));
  // How long the pickles are stands nowhere: read more until they end.
  for (let length = FIRST_READ_BYTES; ; length *= 2) {
    const bytes = await file.read(0, Math.min(length, file.sizeBytes));
    try {
      const { value, keys, table, end } = readPickles(bytes);
      return { value, storages: await locate(file, keys, table, end) };
    } catch (error) {
      const more = bytes.length < file.sizeBytes && length < MAX_PICKLE_BYTES;
      if (!(error instanceof PickleError && error.truncated && more)) throw error;
    }
  }
}

function readPickles(bytes: Buffer): { value: unknown; keys: unknown; table: StorageTable; end: number } {
  const table = new StorageTable();
  const magic = readPickle(bytes);
  const protocol = readPickle(bytes, { start: magic.end });
  if (magic.value !== MAGIC || protocol.value !== PROTOCOL)
    throw new PickleError('is damaged: its first bytes are wrong');
  const machine = readPickle(bytes, { start: protocol.end });
  if (!(machine.value instanceof Map) || machine.value.get('little_endian') !== true) {
    throw new PickleError('was saved on a big-endian machine. Save it again on another');
  }
  const options = { globals: TORCH_GLOBALS, persistentLoad: table.load };
  const { value, end } = readPickle(bytes, { ...options, start: machine.end });
  const keys = readPickle(bytes, { start: end });
  return { value, keys: keys.value, table, end: keys.end };
}

async function locate(
  file: FileReader,
  keys: unknown,
  table: StorageTable,
  start: number,
): Promise<Map<string, StorageData>> {
  const storages = new Map<string, StorageData>();
  let at = start;
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = table.byKey.get(key as string);
    if (!storage || storages.has(storage.key)) throw damaged();
    const elements = (await file.read(at, 8)).readBigInt64LE();
    if (elements !== BigInt(storage.elements)) throw damaged();
    const length = storage.elements * storage.elementBytes;
    if (!file.has(at + 8, length)) throw endsEarly();
    storages.set(storage.key, { offset: at + 8, crc32: 0 });
    at += 8 + length;
  }
  if (storages.size !== table.byKey.size) throw damaged();
  return storages;
}

const damaged = () => new PickleError('is damaged: its tensors and its numbers do not fit. Copy or download it again');

/** What people give instead of a checkpoint, by its first bytes. */
function whatItIs(head: Buffer): string {
  const text = head.toString('latin1');
  if (head.length === 0) return clause('weights.empty');
  if (text.startsWith('version https://git-lfs')) return clause('weights.pointer');
  if (/^\s*(<!doctype|<html)/i.test(text)) return clause('weights.webPage');
  if (text.startsWith('ustar', 257)) return 'was saved by torch before 0.2. Save it again with a newer torch';
  if (MAGIC_BYTES.subarray(0, head.length).equals(head)) return clause('weights.cut');
  if (head[0] === 0x80) return 'is a Python pickle, but not one that torch.save wrote';
  return clause('weights.notTorch');
}

type Clause = 'weights.empty' | 'weights.pointer' | 'weights.webPage' | 'weights.cut' | 'weights.notTorch';
/** The sentence without the file's name before it and the full stop behind it, which whoever tells it puts there. */
const clause = (key: Clause) => say(key, { file: '' }).slice(1, -1);
