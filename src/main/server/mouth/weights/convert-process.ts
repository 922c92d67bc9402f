import { HeraldError } from '../../errors';
import { runConvertJob } from './convert-job';
import type { FromConverter, ToConverter } from './convert-messages';

/**
 * The converter's process: ONNX Runtime blocks the thread that calls it, and a fault in it, on a file that a stranger made,
 * takes its process down. It does one conversion and ends; it ends with its parent too.
 */
const send = (message: FromConverter) =>
  new Promise<void>((resolve) => {
    if (!process.send) throw new Error('This is the converter process of Herald; it is started by the server.');
    process.send(message, undefined, undefined, () => resolve());
  });

process.once('message', async ({ job }: ToConverter) => {
  try {
    let told = 0;
    const model = await runConvertJob(job, (progress) => {
      // Every megabyte would be a message; the bar has no use for so many.
      if (progress.fraction < 1 && progress.fraction - told < 0.01) return;
      told = progress.fraction;
      void send({ type: 'progress', ...progress });
    });
    await send({ type: 'converted', model });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await send({ type: 'failed', message, ...(error instanceof HeraldError ? { kind: error.kind } : {}) });
  }
  process.disconnect();
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches the whole group; when to stop is the parent's decision.
process.on('SIGINT', () => {});
