import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { createLogger } from '../log';
import type { FromClipProcess, ToClipProcess } from './clip-host';
import { ClipStudio } from './studio';

/**
 * The process of one clip of the server: its encoder and pictures leave the sessions' event loop and threads alone, and it has a
 * low priority, which its mouth and voices inherit. Whoever is on air goes first.
 */

const send = (message: FromClipProcess): Promise<void> =>
  new Promise((done) => {
    if (process.connected) process.send!(message, () => done());
    else done();
  });

async function make({ settings, dataDir, job, out }: Extract<ToClipProcess, { type: 'make' }>): Promise<void> {
  const studio = await ClipStudio.open({ settings, dataDir, log: createLogger('silent'), signal: stop.signal });
  try {
    const facts = await studio.render(job, {
      out,
      onProgress: ({ fraction }) => void send({ type: 'progress', fraction }),
      onWarning: (message) => void send({ type: 'warning', message }),
    });
    await send({ type: 'done', facts });
  } finally {
    await studio.close();
  }
}

const stop = new AbortController();
Log.setLevel(AV_LOG_QUIET); // what matters comes back as error codes
process.once('disconnect', () => stop.abort(new Error('the server is gone')));
// Ctrl-C in a terminal reaches the whole group; when to stop is the parent's decision.
process.on('SIGINT', () => {});
process.on('message', (message: ToClipProcess) => {
  if (message.type === 'stop') {
    stop.abort(new Error('the clip was cancelled'));
    return;
  }
  make(message)
    .catch((error: unknown) =>
      send({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
    )
    .finally(() => process.exit(0));
});
void send({ type: 'ready' });
