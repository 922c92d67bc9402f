/** Where a storage's numbers stand in the file. */
export interface StorageData {
  offset: number;
  /** 0: the file has none. */
  crc32: number;
}

/** What either format gives: the unpickled value and where the numbers are. */
export interface CheckpointParts {
  value: unknown;
  storages: Map<string, StorageData>;
}

/** Names and shapes; a checkpoint's are below 1 MB even with an optimiser's. */
export const MAX_PICKLE_BYTES = 16 << 20;
