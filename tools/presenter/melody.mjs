// The greeting's sound: a short melody on a struck bar, made from partials. Writes a mono WAV of 48 kHz.
//   node tools/presenter/melody.mjs --out greeting.wav
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { GREETING } from './greeting-motion.mjs';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (!values.out) throw new Error('--out is needed');

const RATE_HZ = 48_000;
const EIGHTH_S = 0.225;
/** Partials of a bar that is free at both ends, tuned as marimbas are (1 : 4 : 10): [ratio, level, decay in seconds]. */
const PARTIALS = [
  [1, 1, 0.9],
  [4, 0.28, 0.3],
  [10, 0.07, 0.09],
];
/** [eighths from the start, semitones above C5, level]; it starts with the first nod and ends with the last. */
const NOTES = [
  [2, 0, 0.8],
  [4, 4, 0.7],
  [6, 7, 0.8],
  [9, 12, 0.9],
  [11, 9, 0.6],
  [12, 7, 0.7],
  [14, 9, 0.6],
  [16, 7, 0.7],
  [17, 4, 0.6],
  [19, 5, 0.6],
  [20, 4, 0.6],
  [22, 2, 0.7],
  [25, 0, 0.8],
  [25, 7, 0.5],
  [25, 16, 0.35],
];

const samples = new Float64Array((GREETING.pictures / GREETING.fps) * RATE_HZ);
for (const [at, semitones, level] of NOTES) {
  const startSample = Math.round(at * EIGHTH_S * RATE_HZ);
  const pitchHz = 523.25 * 2 ** (semitones / 12);
  for (const [ratio, share, decayS] of PARTIALS) {
    for (let n = startSample; n < samples.length; n += 1) {
      const t = (n - startSample) / RATE_HZ;
      const struck = Math.min(1, t / 0.003); // a soft mallet: no click
      samples[n] += level * share * struck * Math.exp(-t / decayS) * Math.sin(2 * Math.PI * pitchHz * ratio * t);
    }
  }
}
const FADE_S = 0.25;
const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const pcm = Buffer.alloc(samples.length * 2);
samples.forEach((value, n) => {
  const fade = Math.min(1, (samples.length - n) / (FADE_S * RATE_HZ));
  pcm.writeInt16LE(Math.round((value / loudest) * 0.35 * fade * 32_767), 2 * n);
});
const header = Buffer.alloc(44);
header.write('RIFF', 0);
header.writeUInt32LE(36 + pcm.length, 4);
header.write('WAVEfmt ', 8);
header.writeUInt32LE(16, 16);
header.writeUInt16LE(1, 20);
header.writeUInt16LE(1, 22);
header.writeUInt32LE(RATE_HZ, 24);
header.writeUInt32LE(2 * RATE_HZ, 28);
header.writeUInt16LE(2, 32);
header.writeUInt16LE(16, 34);
header.write('data', 36);
header.writeUInt32LE(pcm.length, 40);
writeFileSync(values.out, Buffer.concat([header, pcm]));
console.log(`${NOTES.length} notes, ${(samples.length / RATE_HZ).toFixed(2)} s`);
