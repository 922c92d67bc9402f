import { availableParallelism } from 'node:os';

/**
 * What a picture may take on one thread. 25 of them a second leave 40 ms, of which the pixels around the network want some, and a
 * busy machine some more.
 */
const ONE_THREAD_IS_ENOUGH_MS = 28;
/** The layers are small: more threads would mostly wait for each other. */
const MOST_THREADS = 8;

/**
 * How many threads should share a picture that takes one of them so long: a second one costs a fifth more CPU in all, so no more
 * than are needed.
 *
 * @param oneThreadMs CPU time of a picture on one thread: a machine that is busy for a moment must not decide for hours
 * @param cores of the machine that this process may use
 */
export function threadsFor(oneThreadMs: number, cores: number = availableParallelism()): number {
  return Math.max(1, Math.min(cores, MOST_THREADS, Math.ceil(oneThreadMs / ONE_THREAD_IS_ENOUGH_MS)));
}
