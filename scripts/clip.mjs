// `npm run clip -- --text "..." --out FILE.mp4`: a clip of a presenter that speaks, without a viewer.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfStale, root } from './build-if-stale.mjs';

try {
  await buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
// In this very process: signals, exit code and terminal are its own. It reads its flags from process.argv.
await import(pathToFileURL(join(root, 'out', 'main', 'clip.js')).href);
