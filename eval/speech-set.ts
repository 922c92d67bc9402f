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
  /** The times were laid over from a synthesis of the same text (models/recipe/warping.py): some 10 ms off, see held-out/README.md. */
  warped: boolean;
}

/** As models/recipe/held_out.py writes it. */
interface LabelsFile {
  openingHz: number;
  warped?: boolean;
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

/** Where Debian's asterisk-core-sounds-*-g722 put their recordings. */
const PEOPLE = '/usr/share/asterisk/sounds';

/** Recordings of one person, whose labels are `people-CODE.json`. */
export interface Recordings {
  code: string;
  folder: string;
}

/** Every language has it. */
const KNOWN = 'agent-alreadyon.g722';
const LANGUAGES: { code: string; folders: string[] }[] = [
  // English may lie in the folder itself.
  { code: 'en', folders: ['en', 'en_US_f_Allison', ''] },
  { code: 'es', folders: ['es', 'es_MX_f_Allison'] },
  { code: 'fr', folders: ['fr', 'fr_CA_f_June'] },
  { code: 'it', folders: ['it', 'it_IT_m_Carlo'] },
  { code: 'ru', folders: ['ru', 'ru_RU_f_IvrvoiceRU'] },
];

export async function* heldOutSpeech(folder: string): AsyncGenerator<Spoken> {
  const about = JSON.parse(readFileSync(join(folder, 'speech.json'), 'utf8')) as LabelsFile;
  for (const take of about.takes) yield spoken(take, about, await heard(join(folder, take.file)));
}

/** Which recordings of people are here, and which are not: the languages of the labels in `heldOut`, looked for in `sounds`. */
export function peopleHere(heldOut: string, sounds = PEOPLE): { here: Recordings[]; missing: string[] } {
  const here: Recordings[] = [];
  const missing: string[] = [];
  for (const { code, folders } of LANGUAGES) {
    if (!existsSync(labelsOf(heldOut, code))) continue;
    const folder = folders.map((name) => join(sounds, name)).find((path) => existsSync(join(path, KNOWN)));
    if (folder === undefined) missing.push(code);
    else here.push({ code, folder });
  }
  return { here, missing };
}

/** What to do about the languages that are not here. */
export const peopleRemedy = (missing: readonly string[]): string =>
  `people: no recordings in ${missing.join(', ')} here; ` +
  `\`apt-get install ${missing.map((code) => `asterisk-core-sounds-${code}-g722`).join(' ')}\`, ` +
  `or --people DIR with such folders of .g722 files (${missing[0]}/${KNOWN})`;

export function* peoplesSpeech(heldOut: string, { code, folder }: Recordings): Generator<Spoken> {
  const about = JSON.parse(readFileSync(labelsOf(heldOut, code), 'utf8')) as LabelsFile;
  for (const take of about.takes) {
    const file = join(folder, take.file);
    if (existsSync(file)) yield spoken(take, about, readG722(file));
  }
}

const labelsOf = (heldOut: string, code: string): string => join(heldOut, `people-${code}.json`);

function spoken(
  { group, voice, ...take }: LabelsFile['takes'][number],
  { openingHz, warped = false }: LabelsFile,
  samples: Float32Array,
): Spoken {
  const durationMs = samples.length / 16;
  const phonemes: TimedPhoneme[] = take.phonemes.map(([startMs, ipa]) => ({ startMs, ipa }));
  const utterances = (take.utterances ?? [spanOf(phonemes, durationMs)]).map(([fromMs, toMs]) => ({ fromMs, toMs }));
  const opening = take.opening.map((hundredths) => hundredths / 100);
  return { group, voice, samples, warped, labels: { durationMs, phonemes, opening, openingHz, utterances } };
}

/** From the first sound to the end of the last one. */
function spanOf(phonemes: TimedPhoneme[], durationMs: number): [number, number] {
  const first = phonemes.find(({ ipa }) => ipa !== '')?.startMs ?? 0;
  const last = phonemes.findLastIndex(({ ipa }) => ipa !== '');
  return [first, phonemes[last + 1]?.startMs ?? durationMs];
}
