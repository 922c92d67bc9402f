import { AV_LOG_QUIET } from 'node-av/constants';
import { FFmpegError, Log } from 'node-av/lib';
import type { FromCamera, ToCamera } from './messages';
import { PictureWriter } from './picture-writer';

/**
 * Writes the pictures of one virtual camera, until it cannot or is told to end. A process of its own, because a device or a pipe
 * may keep a write waiting for ever: here that blocks nobody, and SIGKILL ends it.
 */
let writer: PictureWriter | undefined;
let tail: Promise<void> = Promise.resolve();

/** The callback keeps a message to a parent that has just gone from becoming an uncaught error. */
const send = (message: FromCamera, sent: () => void = () => {}) =>
  void process.send!(message, undefined, undefined, sent);

async function handle(message: ToCamera): Promise<void> {
  try {
    switch (message.type) {
      case 'open':
        writer = await PictureWriter.open(message);
        send({ type: 'opened' });
        return;
      case 'picture':
        if (!writer) return;
        await writer.write(message.data);
        send({ type: 'written' });
        return;
      case 'close':
        await drop();
        process.exit(0);
    }
  } catch (error) {
    await drop();
    send({ type: 'lost', code: error instanceof FFmpegError ? error.code : 0 }, () => process.exit(1));
  }
}

async function drop(): Promise<void> {
  const gone = writer;
  writer = undefined;
  await gone?.close();
}

Log.setLevel(AV_LOG_QUIET);
process.on('SIGINT', () => {}); // Ctrl-C goes to every process of a terminal: the server ends this one.
// The server is gone. `exit` would wait for a write that waits for ever.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (message: ToCamera) => {
  tail = tail.then(() => handle(message));
});
