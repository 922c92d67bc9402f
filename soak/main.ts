import { soakWithKills } from './kills/run';
import { parse, USAGE } from './options';
import { soak } from './run';
import { soakVirtually } from './virtual/run';

/** `npm run soak`: see OPERATIONS.md. Exit code 1 when a promise was broken, 2 when it was asked for what is not there. */
async function main(): Promise<number> {
  let options: ReturnType<typeof parse>;
  try {
    options = parse(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const stop = stopOnSignal();
  const tell = (line: string) => process.stdout.write(`${line}\n`);
  if (options.what === 'virtual') {
    const { days, soak } = options;
    return (await soakVirtually({ days, seed: soak.seed, out: soak.out }, stop, tell)).kept ? 0 : 1;
  }
  if (options.what === 'kills') {
    return (await soakWithKills({ ...options.soak, kills: options.kills }, stop, tell)) ? 0 : 1;
  }
  return (await soak(options.soak, stop, tell)) ? 0 : 1;
}

/** The first Ctrl-C ends the run with its report, the second at once. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      process.stderr.write('\nEnding; the report follows. Once more to leave at once.\n');
      stop.abort();
    });
  }
  return stop.signal;
}

process.exit(await main());
