/** Files that were used lately, kept by this browser (IndexedDB) and nowhere else. */
export interface RecentFile {
  id: string;
  name: string;
  durationMs: number | null;
  bytes: number;
  usedAtMs: number;
}

interface Stored extends RecentFile {
  blob: Blob;
}

export const MAX_RECENTS = 10;
export const MAX_RECENT_BYTES = 100_000_000;

/** Which of them have to go, oldest first, so that the rest keeps within the bounds. `files` in any order. */
export function overBounds(files: readonly RecentFile[]): RecentFile[] {
  let bytes = 0;
  return [...files]
    .sort((a, b) => b.usedAtMs - a.usedAtMs)
    .filter((file, i) => {
      const fits = i < MAX_RECENTS && bytes + file.bytes <= MAX_RECENT_BYTES;
      if (fits) bytes += file.bytes;
      return !fits;
    });
}

const NAME = 'herald';
const STORE = 'recent-audio';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no database'));
    request.onblocked = () => reject(new Error('another tab holds an older database'));
  });
}

/** One transaction; the database is closed whatever happens. */
async function within<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T> | null,
): Promise<T | null> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request ? request.result : null);
      transaction.onerror = () => reject(transaction.error ?? new Error('not written'));
      transaction.onabort = () => reject(transaction.error ?? new Error('not written'));
    });
  } finally {
    database.close();
  }
}

/** The latest first. None where storage is missing or forbidden (private windows). */
export async function listRecents(): Promise<RecentFile[]> {
  const all = await within<Stored[]>('readonly', (store) => store.getAll()).catch(() => null);
  return (all ?? []).map(({ blob: _, ...file }) => file).sort((a, b) => b.usedAtMs - a.usedAtMs);
}

export const readRecent = async (id: string): Promise<Blob | null> =>
  (await within<Stored | undefined>('readonly', (store) => store.get(id)).catch(() => null))?.blob ?? null;

/** Keeps a file, in place of an older one of the same name and size. Returns the list of now. */
export async function keepRecent(name: string, blob: Blob, durationMs: number | null): Promise<RecentFile[]> {
  if (blob.size <= MAX_RECENT_BYTES) {
    const id = `${name} ${blob.size}`;
    const file: Stored = { id, name, durationMs, bytes: blob.size, usedAtMs: Date.now(), blob };
    const over = overBounds([...(await listRecents()).filter((f) => f.id !== id), file]);
    await within('readwrite', (store) => {
      for (const old of over) store.delete(old.id);
      return store.put(file);
    }).catch(() => null); // a full disk costs the list, not the file
  }
  return listRecents();
}

export async function dropRecent(id: string): Promise<RecentFile[]> {
  await within('readwrite', (store) => store.delete(id)).catch(() => null);
  return listRecents();
}
