import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { type RemuxJob, remux } from './remux';
import type { FromRemuxer } from './remuxer';

/**
 * Puts one recording in order, in a process of its own: moving gigabytes takes a while, and it is to take only what whoever is on
 * air leaves over.
 */
const send = (message: FromRemuxer): Promise<void> =>
  new Promise((done) => {
    if (process.connected) process.send!(message, () => done());
    else done();
  });

Log.setLevel(AV_LOG_QUIET); // what matters comes back as error codes
process.once('disconnect', () => process.exit(1)); // the server is gone
process.once('message', (job: RemuxJob) => {
  remux(job)
    .then(
      (durationMs) => send({ type: 'done', durationMs }),
      (error: unknown) => send({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
    )
    .finally(() => process.exit(0));
});
void send({ type: 'ready' });
