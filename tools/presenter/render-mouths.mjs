// Renders face crops for the mouth network: per item the speaking face, and once per `rest` the same face at rest.
//   node tools/presenter/render-mouths.mjs --characters DIR --poses poses.json --out DIR [--size 256] [--from 0 --to N]
// poses.json: { items: [{ at, jitter, mouth, box, rest }] }, made by models/recipe/poses.py. Resumable.
// An item's pose is the idle loop's at picture `at` (may lie between pictures), plus its jitter. `rest` is the index of
// the item whose face at rest is its reference, or null where the shipped loop's own picture is.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openStage } from './browser.mjs';
import { idlePose } from './idle-motion.mjs';

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

function poseOf({ at, jitter = {} }) {
  const pose = idlePose(at);
  return {
    ...pose,
    head: pose.head.map((angle, axis) => angle + (jitter.head?.[axis] ?? 0)),
    smile: Math.max(0, pose.smile + (jitter.smile ?? 0)),
    brow: Math.max(0, pose.brow + (jitter.brow ?? 0)),
    blink: Math.min(1, Math.max(pose.blink, jitter.blink ?? 0)),
  };
}

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
  const { mouth, box, rest } = items[i];
  if (rest !== null)
    await renderOnce(`${String(rest).padStart(5, '0')}_rest.png`, poseOf(items[rest]), items[rest].box);
  await renderOnce(`${String(i).padStart(5, '0')}_said.png`, { ...poseOf(items[i]), mouth }, box);
  if (i % 50 === 49)
    console.log(`${i + 1}/${to}, ${((Date.now() - startedMs) / 1000 / Math.max(1, done)).toFixed(3)} s per picture`);
}
console.log(`${done} rendered in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
await stage.close();
