// npm run eval:lips [-- --out FILE] [--model FILE] [--people DIR] [--peer headaudio] [--speech-only] [--labels DIR]
// How well the lips follow speech: the held-out set of eval/held-out, and recordings of people where they are installed.
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../testing/server';
import { type FaceScores, faceScores } from './face-set';
import { LipHalves } from './lip-halves';
import { openHeadAudio } from './peers/headaudio';
import { DEFINITIONS, printFaces, printSilence, printSpeech, verdicts } from './report';
import { type SilenceScores, silenceScores } from './silence';
import { SpeechJury } from './speech-scores';
import { heldOutSpeech, peopleHere, peopleRemedy, peoplesSpeech } from './speech-set';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    model: { type: 'string', default: join(root, 'models', 'lip-mini.onnx') },
    people: { type: 'string' },
    labels: { type: 'string', default: join(root, 'eval', 'held-out') },
    peer: { type: 'string' },
    'speech-only': { type: 'boolean', default: false },
  },
});
if (options.peer !== undefined && options.peer !== 'headaudio') {
  throw new Error(`There is no peer "${options.peer}". The one that is known: headaudio.`);
}
const heldOut = options.labels;
const started = performance.now();
const halves = await LipHalves.open(options.model);
const peer = options.peer === undefined ? undefined : await openHeadAudio((line) => console.log(line));
try {
  const jury = new SpeechJury({ lips: (samples) => halves.listen(samples), peer: peer?.listen });
  for await (const spoken of heldOutSpeech(heldOut)) await jury.hear(spoken);
  const { here, missing } = peopleHere(heldOut, options.people);
  for (const person of here) for (const spoken of peoplesSpeech(heldOut, person)) await jury.hear(spoken);
  if (missing.length > 0) console.log(peopleRemedy(missing));
  const speech = jury.rows();

  console.log(`${basename(options.model)}: how the lips follow speech\n`);
  printSpeech(speech);
  console.log(`\n${DEFINITIONS}\n`);
  let faces: FaceScores[] = [];
  let silence: SilenceScores[] = [];
  if (!options['speech-only']) {
    faces = await faceScores(heldOut, halves);
    printFaces(faces);
    silence = await silenceScores(options.model, ['clara', 'leo', 'maya']);
    printSilence(silence);
  }
  const judged = verdicts({ speech, faces, silence });
  for (const { what, met } of judged) console.log(`${met ? 'met    ' : 'NOT MET'}  ${what}`);
  console.log(`\n${Math.round((performance.now() - started) / 1_000)} s`);
  if (options.out !== undefined) {
    const model = basename(options.model);
    writeFileSync(options.out, `${JSON.stringify({ model, speech, faces, silence, targets: judged }, null, 2)}\n`);
  }
} finally {
  await halves.release();
}
