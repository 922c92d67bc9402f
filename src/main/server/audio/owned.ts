import { track } from '../metrics/native';

/** Native objects that belong together: each is counted while it lives, and all are freed once, newest first. */
export class Owned {
  #free: (() => void)[] = [];

  /** Takes over an object; `free` runs exactly once, in `freeAll`. */
  add<T>(kind: string, object: T, free: (object: T) => void): T {
    const release = track(kind);
    this.#free.push(() => {
      try {
        free(object);
      } finally {
        release();
      }
    });
    return object;
  }

  /** Idempotent. One object that fails to be freed does not keep the others alive. */
  freeAll(): void {
    let failure: unknown;
    for (let free = this.#free.pop(); free; free = this.#free.pop()) {
      try {
        free();
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }
}
