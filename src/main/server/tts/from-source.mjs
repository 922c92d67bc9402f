// Starts a TypeScript worker from sources (tests, benches). `--import tsx` in a worker's execArgv does nothing on Node 20:
// tsx registers its hooks on the main thread only, and under vitest that thread has none. Never part of the build.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.entry);
