import { text } from 'node:stream/consumers';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { clipCommand } from './command';

Log.setLevel(AV_LOG_QUIET); // x264 tells its life; what matters comes back as error codes

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}
const { stdout, stderr } = process;
process.exitCode = await clipCommand(
  process.argv.slice(2),
  {
    print: (line) => void stdout.write(line),
    complain: (line) => void stderr.write(line),
    readText: () => text(process.stdin),
    ...(stderr.isTTY && { status: (line: string) => void stderr.write(`\r\x1b[K${line}`) }),
  },
  stop.signal,
);
