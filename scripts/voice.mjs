// `npm run voice -- list | get NAME`: neural voices for this machine. Runs from source.
import { register } from 'tsx/esm/api';

register();
const { voiceCommand } = await import('../src/main/server/tts/local/voice-command.ts');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const { stdout, stderr } = process;
process.exitCode = await voiceCommand(
  process.argv.slice(2),
  {
    print: (text) => stdout.write(text),
    complain: (text) => stderr.write(text),
    ...(stderr.isTTY ? { progress: (text) => stderr.write(`\r\x1b[K${text}`) } : {}),
  },
  stop.signal,
);
