import type { FaceScores } from './face-set';
import type { Scores } from './measures';
import type { SilenceScores } from './silence';
import { ALL, PEOPLE, type SpeechRow } from './speech-scores';

export const DEFINITIONS = `r: the lips' opening against the labels at the middle of each picture, while somebody speaks. late: when a picture fits best,
relative to the middle of the time that it is seen, median of the utterances. shut: share of p, b, m with touching lips within
one picture (in brackets: during the sound itself). false: of the times the lips shut outside pauses, the share that no p, b, m within
one picture accounts for (in brackets: how many a minute). loudness: a mouth that only knows the level, at its best lag, as often shut as the labels.`;

export function printSpeech(rows: readonly SpeechRow[]): void {
  console.log(
    `${'voice'.padEnd(62)}${'min'.padStart(5)}${'p/b/m'.padStart(7)}${'r'.padStart(7)}${'late'.padStart(8)}   shut        false`,
  );
  let group = '';
  for (const row of rows) {
    if (row.group !== group) console.log((group = row.group).toUpperCase());
    console.log(line(`  ${row.voice}`, row.lips));
    if (row.voice !== ALL && rows.some((other) => other.group === group && other.voice === ALL)) continue;
    console.log(line('    loudness', row.loudness));
    if (row.peer) console.log(line('    headaudio', row.peer));
  }
}

function line(name: string, s: Scores): string {
  return [
    name.padEnd(62),
    s.minutes.toFixed(1).padStart(5),
    String(s.closureCount).padStart(7),
    s.r.toFixed(3).padStart(7),
    `${s.lagMs.toFixed(0)} ms`.padStart(8),
    `   ${s.recall.toFixed(2)} (${s.strictRecall.toFixed(2)})`,
    ` ${s.falseShare.toFixed(2)} (${s.falsePerMinute.toFixed(1)})`,
  ].join('');
}

export function printFaces(faces: readonly FaceScores[]): void {
  for (const { name, group, count, mouthDb, lowerDb, atRestMouthDb } of faces) {
    console.log(
      `${group}, ${name}: mouth ${mouthDb.toFixed(1)} dB, lower half ${lowerDb.toFixed(1)} dB, ` +
        `the resting mouth as answer ${atRestMouthDb.toFixed(1)} dB (${count} renders)`,
    );
  }
}

export function printSilence(silence: readonly SilenceScores[]): void {
  for (const { presenter, idle, silent, idleUntouched, silentUntouched } of silence) {
    console.log(
      `silence, ${presenter}: bit-identical to the idle loop ${idleUntouched} of ${idle} idle pictures, ` +
        `${silentUntouched} of ${silent} of a turn of digital silence`,
    );
  }
}

interface Verdict {
  what: string;
  met: boolean;
}

/** The targets of the product's plan. Which voices are in a group decides the set, not this. */
export function verdicts({
  speech,
  faces,
  silence,
}: {
  speech: readonly SpeechRow[];
  faces: readonly FaceScores[];
  silence: readonly SilenceScores[];
}): Verdict[] {
  const judged: Verdict[] = [];
  const groups = [...new Set(speech.map(({ group }) => group))];
  for (const group of groups) {
    const rows = speech.filter((row) => row.group === group);
    if (group === PEOPLE) {
      for (const row of rows) judged.push(...ofAPerson(row));
      continue;
    }
    const { lips } = rows.find(({ voice }) => voice === ALL) ?? rows[0]!;
    judged.push(atLeast(`${group}: r`, lips.r, 0.85));
    judged.push(atLeast(`${group}: p/b/m shut within one picture`, lips.recall, 0.9));
    judged.push(...timely(group, lips));
  }
  for (const { name, group, mouthDb } of faces) {
    judged.push(atLeast(`${group}, ${name}: mouth dB`, mouthDb, group === 'presenters' ? 30 : 25, 1));
  }
  for (const { presenter, idle, silent, idleUntouched, silentUntouched } of silence) {
    judged.push({
      what: `silence, ${presenter}: all pictures bit-identical to the idle loop`,
      met: idleUntouched === idle && silentUntouched === silent,
    });
  }
  return judged;
}

/** Warped times are some 10 ms off, which is half of what lips may be late: lateness and false closures are printed by them, not judged. */
const ofAPerson = ({ group, voice, warped, lips }: SpeechRow): Verdict[] => [
  atLeast(`${group}, ${voice}: p/b/m shut within one picture`, lips.recall, 0.75),
  ...(warped ? [] : timely(`${group}, ${voice}`, lips)),
];

const timely = (who: string, { falseShare, lagMs }: Scores): Verdict[] => [
  { what: `${who}: false closures ${falseShare.toFixed(2)} (target at most 0.10)`, met: falseShare <= 0.1 },
  { what: `${who}: lips ${lagMs.toFixed(0)} ms late (target 0 +-20)`, met: Math.abs(lagMs) <= 20 },
];

const atLeast = (what: string, value: number, target: number, digits = 2): Verdict => ({
  what: `${what} ${value.toFixed(digits)} (target at least ${target})`,
  met: value >= target,
});
