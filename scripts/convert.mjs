// `npm run convert -- FILE.pth [--out DIR]`: weights for the mouth from a checkpoint, without Python. Runs from source.
import { register } from 'tsx/esm/api';

register();
const { convertCommand } = await import('../src/main/server/mouth/weights/convert-cli.ts');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const { stdout, stderr } = process;
process.exitCode = await convertCommand(
  process.argv.slice(2),
  {
    print: (text) => stdout.write(text),
    complain: (text) => stderr.write(text),
    ...(stderr.isTTY ? { progress: (text) => stderr.write(`\r\x1b[K${text}`) } : {}),
  },
  stop.signal,
);
