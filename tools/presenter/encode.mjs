// Turns rendered pictures into a presenter bundle: idle.mp4, thumbnail.jpg, presenter.json, and greeting.mp4 as performance 2.
//   node tools/presenter/encode.mjs --frames DIR --out resources/presenters/clara [--greeting DIR --melody FILE.wav] [--crf 15]
// Needs an ffmpeg with libx264 on the PATH.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FACE_BOX, FRAME_PX } from './framing.mjs';
import { GREETING } from './greeting-motion.mjs';
import { IDLE } from './idle-motion.mjs';

const { values } = parseArgs({
  options: {
    frames: { type: 'string' },
    greeting: { type: 'string' },
    melody: { type: 'string' },
    out: { type: 'string' },
    crf: { type: 'string', default: '15' },
    id: { type: 'string', default: 'clara' },
    name: { type: 'string', default: 'Clara' },
    'name-zh': { type: 'string', default: '克拉拉' },
  },
});
if (!values.frames || !values.out) throw new Error('--frames and --out are needed');
if (values.greeting && !values.melody)
  throw new Error('--greeting needs --melody (tools/presenter/melody.mjs makes it)');

function expectPictures(folder, wanted) {
  const pictures = readdirSync(folder).filter((name) => /^\d{4}\.png$/.test(name)).length;
  if (pictures !== wanted) throw new Error(`${folder}: ${pictures} pictures of ${wanted} are rendered`);
}
expectPictures(values.frames, IDLE.pictures);
if (values.greeting) expectPictures(values.greeting, GREETING.pictures);
mkdirSync(values.out, { recursive: true });

const out = (name) => path.join(values.out, name);
const ffmpeg = (...args) => execFileSync('ffmpeg', ['-y', '-v', 'error', ...args]);
const size = `${FRAME_PX}:${FRAME_PX}`;

// Closed GOPs of one second, no B-frames: any second can be decoded alone, and the loop can be entered anywhere. The
// RGB -> BT.709 limited conversion is done explicitly and then tagged; a tag alone would shift the skin colours.
const encode = (frames, file, { sound, crf }) =>
  ffmpeg(
    ...['-framerate', String(IDLE.fps), '-i', path.join(frames, '%04d.png')],
    ...(sound ? ['-i', sound] : []),
    '-vf',
    `scale=${size}:flags=lanczos+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv,format=yuv420p`,
    ...['-c:v', 'libx264', '-profile:v', 'high', '-preset', 'slow', '-crf', crf],
    ...['-g', '25', '-keyint_min', '25', '-sc_threshold', '0', '-bf', '0', '-flags', '+cgop', '-fps_mode', 'cfr'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
    ...(sound ? ['-c:a', 'aac', '-b:a', '96k'] : []),
    ...['-movflags', '+faststart', file],
  );
encode(values.frames, out('idle.mp4'), { crf: values.crf });
if (values.greeting) encode(values.greeting, out('greeting.mp4'), { sound: values.melody, crf: '18' });
const first = path.join(values.frames, '0000.png');
ffmpeg('-i', first, '-vf', 'scale=256:256:flags=lanczos', '-q:v', '3', out('thumbnail.jpg'));

const presenter = {
  format: 'herald-presenter/1',
  id: values.id,
  name: { en: values.name, 'zh-CN': values['name-zh'] },
  picture: { widthPx: FRAME_PX, heightPx: FRAME_PX, fps: IDLE.fps },
  idle: { file: 'idle.mp4', pictures: IDLE.pictures, playback: 'cycle' },
  still: { pictureIndex: 0 },
  faceBoxes: [[...FACE_BOX, FACE_BOX[2]]],
  thumbnail: 'thumbnail.jpg',
  ...(values.greeting && { performances: [{ audiotype: 2, name: 'Greeting', clip: 'greeting.mp4' }] }),
  licence: 'MIT (VALID)',
  attribution:
    'Rendered from a character of VALID, the Virtual Avatar Library for Inclusion and Diversity. ' +
    'Copyright (c) 2022 Tiffany Do, MIT License.',
};
writeFileSync(out('presenter.json'), `${JSON.stringify(presenter, null, 2)}\n`);
for (const file of ['idle.mp4', ...(values.greeting ? ['greeting.mp4'] : [])]) {
  console.log(`${file} ${(statSync(out(file)).size / 1024).toFixed(0)} KB`);
}
