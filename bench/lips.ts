// npm run bench -- lips [model.onnx]: do the lips follow the speech? Everything is read from sent pictures, on virtual time.
// Then what a mouth costs, for every kind of weights; `npm run bench -- lips cost [96 256 384]` prints that alone.
import { join } from 'node:path';
import { EspeakTts } from '../src/main/server/tts/espeak';
import { EspeakHost } from '../src/main/server/tts/espeak-host';
import { HELD_SOUND_RMS, HELD_SOUND_VOICES, holdSound } from '../testing/held-sounds';
import { type LipScores, lipScores, type Take } from '../testing/lip-scores';
import { root } from '../testing/server';
import {
  concatenate,
  FLITE_TEXTS,
  FLITE_VOICE,
  fliteIsInstalled,
  HELD_OUT_LINES,
  speak,
  speakWithFlite,
} from '../testing/speech';
import { LipStage } from '../testing/stage';
import { reportMouthCost } from './parts/mouth-cost';

if (process.argv[2] === 'cost') {
  await reportMouthCost(process.argv.length > 3 ? process.argv.slice(3) : undefined);
  process.exit();
}
const modelFile = process.argv[2] ?? join(root, 'models', 'lip-mini.onnx');
const tts = new EspeakTts();
const espeak = new EspeakHost();
const stage = await LipStage.open({ modelFile });
try {
  const takes = new Map<string, Take[]>();
  const perform = async (name: string, speech: Take['speech']) => {
    takes.set(name, [{ speech, performance: await stage.perform(speech) }]);
  };
  for (const line of HELD_OUT_LINES) await perform(line.voice, await speak(tts, line));
  if (fliteIsInstalled()) {
    await perform(`flite ${FLITE_VOICE}`, concatenate(FLITE_TEXTS.map((text) => speakWithFlite(text))));
  } else {
    console.log('flite is not installed: its held-out voice is skipped (apt-get install flite)');
  }
  const product = HELD_OUT_LINES.flatMap(({ voice }) => takes.get(voice)!);
  const all = [...takes.values()].flat();

  console.log('voice           seconds     r  loud-only  ahead  lag   lag ms  p/b/m closed   false closures/min');
  for (const [name, take] of takes) console.log(row(name, lipScores(take)));
  const scores = lipScores(product);
  console.log(row('offline voice', scores));
  const overall = lipScores(all);
  console.log(row('all', overall));
  console.log(row('all, by chance', lipScores(all.map(moved))));
  console.log(`p/b/m not closed   ${counts(overall.missed)}`);
  console.log(`falsely closed in  ${counts(overall.falselyClosed)}`);

  const target = (met: boolean, text: string) => `(target ${text}${met ? '' : ': NOT MET'})`;
  const { r, lag, loudnessR, closedShare } = overall;
  console.log(`r of opening               ${r.toFixed(3)}   ${target(r >= 0.7, '>= 0.7')}`);
  console.log(`lag                        ${lag} pictures   ${target(Math.abs(lag) <= 1, 'within 1')}`);
  const ahead = r - loudnessR;
  console.log(`better than loudness only  ${ahead.toFixed(3)}   ${target(ahead >= 0.2, '>= 0.2')}`);
  console.log(`p/b/m closed               ${percent(closedShare)}   ${target(closedShare >= 0.8, '>= 80 %')}`);

  for (const voice of HELD_SOUND_VOICES) {
    for (const [name, rms] of Object.entries(HELD_SOUND_RMS)) {
      const mmm = await holdSound({ stage, espeak }, voice, 'm', rms);
      const aaa = await holdSound({ stage, espeak }, voice, 'A:', rms);
      const differ = mmm.closedShare >= 0.9 && aaa.closedShare === 0;
      console.log(
        `${voice} ${name.padEnd(5)}  "mmm" closed ${percent(mmm.closedShare)} (${mmm.meanOpeningPx.toFixed(1)} px), ` +
          `equally loud "aaa" closed ${percent(aaa.closedShare)} (${aaa.meanOpeningPx.toFixed(1)} px)   ` +
          target(differ, 'closed, open'),
      );
    }
  }
  const idle = (await stage.perform(undefined, { idlePicturesBefore: 300 })).pictures;
  const untouched = idle.filter((picture) => picture.untouched).length;
  console.log(
    `silence bit-identical      ${untouched} of ${idle.length} pictures   ${target(untouched === idle.length, 'all')}`,
  );
  const figures = all.map(({ performance }) => performance.figures);
  const sum = (key: 'underruns' | 'mouthMisses') => figures.reduce((total, figure) => total + figure[key], 0);
  console.log(`underruns, missed mouths   ${sum('underruns')}, ${sum('mouthMisses')}   (target 0, 0)`);
  const { model, faceSizePx, warmPictureMs } = stage.mouth.status();
  console.log(`${model} at ${faceSizePx} px          ${warmPictureMs.toFixed(1)} CPU-ms per picture, one thread`);
} finally {
  await stage.close();
  await tts.close();
  await espeak.close();
}
await reportMouthCost();

/** The same pictures judged by sounds half a second off: what a mouth scores that moves as much, but anyhow. */
function moved({ speech, performance }: Take): Take {
  const phonemes = speech.phonemes.map(({ startMs, ipa }) => ({ startMs: startMs + 500, ipa }));
  return { speech: { ...speech, phonemes }, performance };
}

function row(name: string, s: LipScores): string {
  return [
    name.padEnd(15),
    s.seconds.toFixed(1).padStart(7),
    s.r.toFixed(3).padStart(6),
    s.loudnessR.toFixed(3).padStart(9),
    (s.r - s.loudnessR).toFixed(3).padStart(8),
    String(s.lag).padStart(4),
    String(s.lagMs).padStart(8),
    `${percent(s.closedShare)} of ${s.closureCount}`.padStart(14),
    s.falseClosuresPerMinute.toFixed(1).padStart(10),
  ].join(' ');
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function counts(tally: Record<string, number>): string {
  const entries = Object.entries(tally).sort((a, b) => b[1] - a[1]);
  return entries.map(([sound, count]) => `${sound || 'pause'} x${count}`).join(', ') || 'none';
}
