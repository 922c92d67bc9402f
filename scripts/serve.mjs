// `npm run serve -- [flags]`: the server without a window, in plain Node.
import { buildIfStale } from './build-if-stale.mjs';
import { runServer } from './run-server.mjs';

try {
  await buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
await runServer(process.argv.slice(2));
