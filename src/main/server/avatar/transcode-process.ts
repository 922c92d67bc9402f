import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { PictureError, transcode } from './transcode';
import type { FromTranscoder, ToTranscoder } from './transcoder';

/**
 * The converter's process. It has its own so that a gigabyte of pictures leaves no trace in the server's memory, a damaged
 * image can take nothing down with it, and it may have a low priority: whoever is on air goes first.
 */

const send = (message: FromTranscoder): Promise<void> =>
  new Promise((done) => {
    if (process.connected) process.send!(message, () => done());
    else done();
  });

Log.setLevel(AV_LOG_QUIET); // what matters comes back as error codes
process.once('disconnect', () => process.exit(1)); // the server is gone
process.once('message', (job: ToTranscoder) => {
  transcode(job, (index) => void send({ type: 'picture', index }))
    .then(
      () => send({ type: 'done' }),
      (error: unknown) =>
        send({
          type: 'failed',
          message: error instanceof Error ? error.message : String(error),
          ofPicture: error instanceof PictureError,
        }),
    )
    .finally(() => process.exit(0));
});
void send({ type: 'ready' });
