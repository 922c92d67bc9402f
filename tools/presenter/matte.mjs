// Adds what it takes to put a presenter before another background: idle-matte.mp4 and greeting-matte.mp4 (white where the presenter is,
// grey where hair and edges let the wall through) and wall.mp4 (the wall alone), picture by picture those of the clips.
//   node tools/presenter/matte.mjs --frames DIR [--greeting DIR] --wall DIR --out resources/presenters/clara
// The frames are render-clip.mjs's own PNGs: the wall in them is unlit and still, so whatever differs from it is the presenter.
// Needs an ffmpeg with libx264 on the PATH.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FRAME_PX } from './framing.mjs';
import { IDLE } from './idle-motion.mjs';

const { values } = parseArgs({
  options: {
    frames: { type: 'string' },
    greeting: { type: 'string' },
    wall: { type: 'string' },
    out: { type: 'string' },
  },
});
if (!values.frames || !values.wall || !values.out) throw new Error('--frames, --wall and --out are needed');

const out = (name) => path.join(values.out, name);
const ffmpeg = (...args) => execFileSync('ffmpeg', ['-y', '-v', 'error', ...args]);
const wall = path.join(values.wall, '0000.png');
const size = `${FRAME_PX}:${FRAME_PX}`;
// Keyframes where the clips have theirs, so that both are decoded by the same seconds.
const CODEC = [
  ...[
    '-c:v',
    'libx264',
    '-profile:v',
    'high',
    '-preset',
    'slow',
    '-g',
    '25',
    '-keyint_min',
    '25',
    '-sc_threshold',
    '0',
  ],
  ...['-bf', '0', '-flags', '+cgop', '-fps_mode', 'cfr', '-movflags', '+faststart'],
];

/**
 * Inside, a pixel that happens to have the wall's colour must not be a hole: what differs at all is closed by two pixels and drawn in by
 * two. At the edge, a pixel is a mixture of presenter and wall, and how far it is from the wall says how much of each; the factor
 * was fitted to a matte rendered with white surfaces (mean error .0006 of the picture, 4 of 255 too little at edges).
 */
const MATTE = [
  '[0:v]format=gbrp[a];[1:v]format=gbrp[b]',
  '[a][b]blend=all_mode=difference:shortest=1,extractplanes=r+g+b[r][g][u]',
  '[r][g]blend=all_mode=lighten[rg];[rg][u]blend=all_mode=lighten,split=2[s1][s2]',
  "[s1]lut=y='if(gt(val,1),255,0)',dilation,dilation,erosion,erosion,erosion,erosion[core]",
  "[s2]lut=y='min(255,val*2)'[soft]",
  `[core][soft]blend=all_mode=lighten,scale=${size}:flags=area:out_range=tv,format=yuv420p[m]`,
].join(';');

function matte(frames, file) {
  ffmpeg(
    ...['-framerate', String(IDLE.fps), '-i', path.join(frames, '%04d.png')],
    ...['-loop', '1', '-framerate', String(IDLE.fps), '-i', wall, '-filter_complex', MATTE, '-map', '[m]'],
    ...[...CODEC, '-crf', '20', '-color_range', 'tv', file],
  );
}

matte(values.frames, out('idle-matte.mp4'));
if (values.greeting) matte(values.greeting, out('greeting-matte.mp4'));
// The same conversion as that of the clips (encode.mjs), or edges would show the difference.
const toYuv = `scale=${size}:flags=lanczos+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv,format=yuv420p`;
ffmpeg('-i', wall, '-vf', toYuv, '-frames:v', '1', ...CODEC, '-crf', '8', '-colorspace', 'bt709', out('wall.mp4'));

const presenter = JSON.parse(readFileSync(out('presenter.json'), 'utf8'));
presenter.idle.matte = 'idle-matte.mp4';
presenter.wall = 'wall.mp4';
for (const performance of presenter.performances ?? []) {
  if (values.greeting && performance.clip === 'greeting.mp4') performance.matte = 'greeting-matte.mp4';
}
writeFileSync(out('presenter.json'), `${JSON.stringify(presenter, null, 2)}\n`);
for (const file of ['idle-matte.mp4', ...(values.greeting ? ['greeting-matte.mp4'] : []), 'wall.mp4']) {
  console.log(`${file} ${(statSync(out(file)).size / 1024).toFixed(0)} KB`);
}
