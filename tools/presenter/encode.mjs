// Turns the rendered idle pictures into a presenter bundle: idle.mp4, thumbnail.jpg, presenter.json.
//   node tools/presenter/encode.mjs --frames DIR --out resources/presenters/clara [--crf 15]
// Needs an ffmpeg with libx264 on the PATH.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FACE_BOX, FRAME_PX } from './framing.mjs';
import { IDLE } from './idle-motion.mjs';

const { values } = parseArgs({
  options: {
    frames: { type: 'string' },
    out: { type: 'string' },
    crf: { type: 'string', default: '15' },
    id: { type: 'string', default: 'clara' },
    name: { type: 'string', default: 'Clara' },
    'name-zh': { type: 'string', default: '克拉拉' },
  },
});
if (!values.frames || !values.out) throw new Error('--frames and --out are needed');

const pictures = readdirSync(values.frames).filter((name) => /^\d{4}\.png$/.test(name)).length;
if (pictures !== IDLE.pictures) throw new Error(`${pictures} pictures of ${IDLE.pictures} are rendered`);
mkdirSync(values.out, { recursive: true });

const out = (name) => path.join(values.out, name);
const ffmpeg = (...args) => execFileSync('ffmpeg', ['-y', '-v', 'error', ...args]);
const size = `${FRAME_PX}:${FRAME_PX}`;

// Closed GOPs of one second, no B-frames: any second can be decoded alone, and the loop can be entered anywhere. The
// RGB -> BT.709 limited conversion is done explicitly and then tagged; a tag alone would shift the skin colours.
ffmpeg(
  '-framerate',
  String(IDLE.fps),
  '-i',
  path.join(values.frames, '%04d.png'),
  '-vf',
  `scale=${size}:flags=lanczos+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv,format=yuv420p`,
  '-c:v',
  'libx264',
  '-profile:v',
  'high',
  '-preset',
  'slow',
  '-crf',
  values.crf,
  '-g',
  '25',
  '-keyint_min',
  '25',
  '-sc_threshold',
  '0',
  '-bf',
  '0',
  '-flags',
  '+cgop',
  '-fps_mode',
  'cfr',
  '-colorspace',
  'bt709',
  '-color_primaries',
  'bt709',
  '-color_trc',
  'bt709',
  '-color_range',
  'tv',
  '-movflags',
  '+faststart',
  out('idle.mp4'),
);
const first = path.join(values.frames, '0000.png');
ffmpeg('-i', first, '-vf', 'scale=256:256:flags=lanczos', '-q:v', '3', out('thumbnail.jpg'));

const presenter = {
  format: 'herald-presenter/1',
  id: values.id,
  name: { en: values.name, 'zh-CN': values['name-zh'] },
  picture: { widthPx: FRAME_PX, heightPx: FRAME_PX, fps: IDLE.fps },
  idle: { file: 'idle.mp4', pictures, playback: 'cycle' },
  still: { pictureIndex: 0 },
  faceBoxes: [[...FACE_BOX, FACE_BOX[2]]],
  thumbnail: 'thumbnail.jpg',
  licence: 'MIT (VALID)',
  attribution:
    'Rendered from a character of VALID, the Virtual Avatar Library for Inclusion and Diversity. ' +
    'Copyright (c) 2022 Tiffany Do, MIT License.',
};
writeFileSync(out('presenter.json'), `${JSON.stringify(presenter, null, 2)}\n`);
console.log(`${pictures} pictures, idle.mp4 ${(statSync(out('idle.mp4')).size / 1024).toFixed(0)} KB`);
