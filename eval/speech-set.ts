import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TimedPhoneme } from '../testing/opening';
import type { Labels } from './measures';
import { heard, readG722 } from './sound';

/** Speech with what is known of it. */
export interface Spoken {
  group: string;
  voice: string;
  /** 16 kHz mono. */
  samples: Float32Array;
  labels: Labels;
}

/** As models/recipe/held_out.py and align_people.py write it. */
interface LabelsFile {
  openingHz: number;
  takes: {
    file: string;
    group: string;
    voice: string;
    /** [start ms, IPA]; silence is ''. */
    phonemes: [number, string][];
    /** Hundredths. */
    opening: number[];
    utterances?: [number, number][];
  }[];
}

/** Where Debian's asterisk-core-sounds-en-g722 puts its recordings. */
const PEOPLE = '/usr/share/asterisk/sounds';
export const PEOPLE_REMEDY =
  'no recordings of people here: `apt-get install asterisk-core-sounds-en-g722` (CC-BY-SA-3.0), or --people DIR with its .g722 files';

export async function* heldOutSpeech(folder: string): AsyncGenerator<Spoken> {
  const about = JSON.parse(readFileSync(join(folder, 'speech.json'), 'utf8')) as LabelsFile;
  for (const take of about.takes) yield spoken(take, about.openingHz, await heard(join(folder, take.file)));
}

/** Where the English recordings are, or undefined. */
export function peopleFolder(given: string | undefined): string | undefined {
  const folders =
    given === undefined ? [join(PEOPLE, 'en'), join(PEOPLE, 'en_US_f_Allison')] : [given, join(given, 'en')];
  return folders.find((folder) => existsSync(join(folder, 'agent-alreadyon.g722')));
}

export function* peoplesSpeech(folder: string, sounds: string): Generator<Spoken> {
  const about = JSON.parse(readFileSync(join(folder, 'people-en.json'), 'utf8')) as LabelsFile;
  for (const take of about.takes) {
    const file = join(sounds, take.file);
    if (existsSync(file)) yield spoken(take, about.openingHz, readG722(file));
  }
}

function spoken(
  { group, voice, ...take }: LabelsFile['takes'][number],
  openingHz: number,
  samples: Float32Array,
): Spoken {
  const durationMs = samples.length / 16;
  const phonemes: TimedPhoneme[] = take.phonemes.map(([startMs, ipa]) => ({ startMs, ipa }));
  const utterances = (take.utterances ?? [spanOf(phonemes, durationMs)]).map(([fromMs, toMs]) => ({ fromMs, toMs }));
  const opening = take.opening.map((hundredths) => hundredths / 100);
  return { group, voice, samples, labels: { durationMs, phonemes, opening, openingHz, utterances } };
}

/** From the first sound to the end of the last one. */
function spanOf(phonemes: TimedPhoneme[], durationMs: number): [number, number] {
  const first = phonemes.find(({ ipa }) => ipa !== '')?.startMs ?? 0;
  const last = phonemes.findLastIndex(({ ipa }) => ipa !== '');
  return [first, phonemes[last + 1]?.startMs ?? durationMs];
}
