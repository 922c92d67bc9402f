// A folder that electron-builder takes for Electron, for packing without fetching 110 MB: only what it renames and rewrites.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './build-if-stale.mjs';

/** Electron finds its fuses behind this word in its own program (electron/docs/tutorial/fuses.md); then version, count, states. */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSE_VERSION = 1;
/** '1' is on, '0' off: as Electron comes, in the order of FuseV1Options of @electron/fuses. */
const FUSES = '10110001';

/** Writes a stand-in for Electron on Linux. */
export function writeStandInElectron(dir) {
  mkdirSync(join(dir, 'resources'), { recursive: true });
  mkdirSync(join(dir, 'locales'), { recursive: true });
  const wire = Buffer.concat([
    Buffer.from(FUSE_SENTINEL),
    Buffer.from([FUSE_VERSION, FUSES.length]),
    Buffer.from(FUSES),
  ]);
  writeFileSync(join(dir, 'electron'), wire);
  chmodSync(join(dir, 'electron'), 0o755);
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8'));
  writeFileSync(join(dir, 'version'), version);
}
