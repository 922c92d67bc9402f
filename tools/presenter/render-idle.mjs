// Renders the idle loop as PNGs. Resumable: pictures that exist are skipped.
//   node tools/presenter/render-idle.mjs --characters DIR --character White_F_1_Casual --out DIR
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openStage } from './browser.mjs';
import { IDLE, idlePose } from './idle-motion.mjs';

const { values } = parseArgs({
  options: {
    characters: { type: 'string' },
    character: { type: 'string', default: 'White_F_1_Casual' },
    out: { type: 'string' },
    size: { type: 'string', default: '720' },
    only: { type: 'string' }, // comma-separated picture indices, for a look
    chromium: { type: 'string' },
  },
});
if (!values.characters || !values.out) throw new Error('--characters and --out are needed');

const indices = values.only ? values.only.split(',').map(Number) : Array.from({ length: IDLE.pictures }, (_, i) => i);
mkdirSync(values.out, { recursive: true });
const stage = await openStage({ ...values, chromiumPath: values.chromium });
const startedMs = Date.now();
let done = 0;
for (const i of indices) {
  const file = path.join(values.out, `${String(i).padStart(4, '0')}.png`);
  if (existsSync(file)) continue;
  writeFileSync(`${file}.part`, await stage.render(idlePose(i), Number(values.size)));
  renameSync(`${file}.part`, file); // a killed run never leaves half a picture that the next run would skip
  done += 1;
  if (done % 25 === 0)
    console.log(`${i + 1}/${IDLE.pictures}, ${((Date.now() - startedMs) / 1000 / done).toFixed(2)} s per picture`);
}
console.log(`${done} rendered in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
await stage.close();
