import type { Settings } from '../../../shared/settings';
import { forkEntry, LastWords, untilEnded } from '../child';
import { HeraldError } from '../errors';
import type { JobTools } from '../job-queue';
import type { ClipJob } from './job';
import type { ClipFacts } from './render';

export type ToClipProcess =
  | { type: 'make'; settings: Settings; dataDir: string; job: ClipJob; out: string }
  | { type: 'stop' };
export type FromClipProcess =
  | { type: 'ready' }
  | { type: 'progress'; fraction: number }
  | { type: 'warning'; message: string }
  | { type: 'done'; facts: ClipFacts }
  | { type: 'failed'; message: string };

/** A process that was told to stop tidies up and ends; one that does not is ended. */
const STOP_LIMIT_MS = 5_000;
const KEPT_ERROR_CHARS = 500;

/**
 * Makes a clip in a process of its own (see clip-process.ts).
 * @throws HeraldError('refused') with what went wrong; the signal's reason when aborted
 */
export async function makeClipInProcess(
  request: Omit<Extract<ToClipProcess, { type: 'make' }>, 'type'>,
  { signal, onProgress, warn }: JobTools,
): Promise<ClipFacts> {
  signal.throwIfAborted();
  const child = forkEntry('clip-process', 'clip-process', { stderr: true, lowPriority: true });
  const lastWords = new LastWords(child, KEPT_ERROR_CHARS);
  let killing: NodeJS.Timeout | undefined;
  const tell = (message: ToClipProcess) => child.connected && child.send(message, () => {});
  const stop = () => {
    tell({ type: 'stop' });
    killing ??= setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  let outcome: Extract<FromClipProcess, { type: 'done' | 'failed' }> | undefined;
  child.on('message', (message: FromClipProcess) => {
    if (message.type === 'ready') tell({ type: 'make', ...request });
    else if (message.type === 'progress') onProgress(message.fraction);
    else if (message.type === 'warning') warn(message.message);
    else outcome = message;
  });
  try {
    const end = await untilEnded(child);
    signal.throwIfAborted();
    if (outcome?.type === 'done') return outcome.facts;
    if (outcome) throw new HeraldError('refused', outcome.message);
    const why = lastWords.lastLine || end;
    throw new HeraldError('refused', `the clip's process ended (${why}). Try again.`);
  } finally {
    clearTimeout(killing);
    signal.removeEventListener('abort', stop);
  }
}
