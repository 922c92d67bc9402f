// Renders face crops for the mouth network: per item the speaking face, and once per `rest` the same face at rest.
//   node tools/presenter/render-mouths.mjs --characters DIR --poses poses.json --out DIR [--size 256] [--from 0 --to N]
// poses.json: { items: [{ pose, mouth, box, rest }] }, made by models/recipe/poses.py. Resumable.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openStage } from './browser.mjs';

const { values } = parseArgs({
  options: {
    characters: { type: 'string' },
    character: { type: 'string', default: 'White_F_1_Casual' },
    poses: { type: 'string' },
    out: { type: 'string' },
    size: { type: 'string', default: '256' },
    from: { type: 'string', default: '0' },
    to: { type: 'string' },
    chromium: { type: 'string' },
  },
});
if (!values.characters || !values.poses || !values.out) throw new Error('--characters, --poses and --out are needed');

const { items } = JSON.parse(readFileSync(values.poses, 'utf8'));
const to = Math.min(items.length, Number(values.to ?? items.length));
mkdirSync(values.out, { recursive: true });
const stage = await openStage({ ...values, chromiumPath: values.chromium });
const startedMs = Date.now();
let done = 0;

async function renderOnce(name, pose, box) {
  const file = path.join(values.out, name);
  if (existsSync(file)) return;
  writeFileSync(`${file}.part`, await stage.render(pose, Number(values.size), box));
  renameSync(`${file}.part`, file);
  done += 1;
}

for (let i = Number(values.from); i < to; i += 1) {
  const { pose, mouth, box, rest } = items[i];
  await renderOnce(`${String(rest).padStart(5, '0')}_rest.png`, items[rest].pose, items[rest].box);
  await renderOnce(`${String(i).padStart(5, '0')}_said.png`, { ...pose, mouth }, box);
  if (i % 50 === 49) console.log(`${i + 1}/${to}, ${((Date.now() - startedMs) / 1000 / Math.max(1, done)).toFixed(3)} s per picture`);
}
console.log(`${done} rendered in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
await stage.close();
