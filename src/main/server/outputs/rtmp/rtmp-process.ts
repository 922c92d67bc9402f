import { AV_LOG_QUIET } from 'node-av/constants';
import { FFmpegError, Log } from 'node-av/lib';
import { FlvWriter } from './flv-writer';
import type { FromRtmp, ToRtmp } from './messages';

/**
 * Holds one RTMP connection. FFmpeg's network calls block a thread of libuv's pool for as long as a far end, or a name server,
 * keeps them waiting, and node-av can pass them no time limit. In the server they would block the threads that its encoders
 * share; here they block nobody, and the server's watchdog ends the process, which no call can resist.
 */
let writer: FlvWriter | undefined;
let tail: Promise<void> = Promise.resolve();

/** The callback keeps a write to a parent that has just gone from becoming an uncaught error. */
const send = (message: FromRtmp) => void process.send!(message, undefined, undefined, () => {});

async function handle(message: ToRtmp): Promise<void> {
  try {
    switch (message.type) {
      case 'connect':
        await drop();
        writer = await FlvWriter.open(message.url, message.format);
        send({ type: 'connected' });
        return;
      case 'packet':
        if (!writer) return;
        await writer.write(message);
        send({ type: 'written', packets: 1 });
        return;
      case 'close':
        await drop();
        process.exit(0);
    }
  } catch (error) {
    await drop();
    const code = error instanceof FFmpegError ? error.code : 0;
    send({ type: 'lost', code, message: error instanceof Error ? error.message : String(error) });
  }
}

async function drop(): Promise<void> {
  const gone = writer;
  writer = undefined;
  await gone?.close();
}

Log.setLevel(AV_LOG_QUIET); // its lines hold the address, and with it the stream key
// Ctrl-C goes to every process of a terminal: the server ends this one, after its goodbye to the far end.
process.on('SIGINT', () => {});
process.once('disconnect', () => process.exit(1)); // the server is gone
process.on('message', (message: ToRtmp) => {
  tail = tail.then(() => handle(message));
});
