// Renders a presenter's idle loop, or its greeting, as PNGs. Resumable: pictures that exist are skipped.
//   node tools/presenter/render-clip.mjs --characters DIR --character White_F_1_Casual [--motion idle|greeting] --out DIR
// With --look wall --only 0, the wall without the presenter (for matte.mjs).
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openStage } from './browser.mjs';
import { GREETING, greetingPose } from './greeting-motion.mjs';
import { IDLE, idlePose } from './idle-motion.mjs';

const { values } = parseArgs({
  options: {
    characters: { type: 'string' },
    character: { type: 'string', default: 'White_F_1_Casual' },
    motion: { type: 'string', default: 'idle' },
    look: { type: 'string', default: 'picture' },
    out: { type: 'string' },
    size: { type: 'string', default: '720' },
    only: { type: 'string' }, // comma-separated picture indices, for a look
    chromium: { type: 'string' },
  },
});
const MOTIONS = {
  idle: { pictures: IDLE.pictures, poseOf: idlePose },
  greeting: { pictures: GREETING.pictures, poseOf: greetingPose },
};
const motion = MOTIONS[values.motion];
if (!values.characters || !values.out || !motion || !['picture', 'wall'].includes(values.look)) {
  throw new Error('--characters and --out are needed; --motion is idle or greeting, --look picture or wall');
}

const { pictures, poseOf } = motion;
const indices = values.only ? values.only.split(',').map(Number) : Array.from({ length: pictures }, (_, i) => i);
mkdirSync(values.out, { recursive: true });
const stage = await openStage({ ...values, chromiumPath: values.chromium });
const startedMs = Date.now();
let done = 0;
for (const i of indices) {
  const file = path.join(values.out, `${String(i).padStart(4, '0')}.png`);
  if (existsSync(file)) continue;
  writeFileSync(`${file}.part`, await stage.render(poseOf(i), Number(values.size)));
  renameSync(`${file}.part`, file); // a killed run never leaves half a picture that the next run would skip
  done += 1;
  if (done % 25 === 0)
    console.log(`${i + 1}/${pictures}, ${((Date.now() - startedMs) / 1000 / done).toFixed(2)} s per picture`);
}
console.log(`${done} rendered in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
await stage.close();
