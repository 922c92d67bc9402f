import { setFlagsFromString } from 'node:v8';

/** How far the heap, the pixels that hang on it included, may grow past what lived after the last collection. */
const GROWTH_PERCENT = 200;

/**
 * A session drops some 20 MB of decoded pictures a second, which V8 by itself answers with a collection of the whole heap every
 * 1.3 s, each of which holds the main thread for 4 to 8 ms of CPU. With room to grow it is one in ten seconds, 10 % less CPU time for
 * a speaking session, and 25 MB more memory (`npm run bench -- mouth`). The flag is read at each collection, so it may be set late.
 */
export function collectLessOften(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
