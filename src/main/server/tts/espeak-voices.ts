import { HeraldError } from '../errors';
import type { Script } from './scripts';
import type { VoiceInfo } from './tts';

/** What the WASM build's data holds, as the worker reports it. */
export interface EspeakCatalogue {
  /** `identifier` is a file under lang/, e.g. `gmw/en-US`; `languages` are tags, e.g. `en-us`; `name` is for people. */
  voices: { name: string; identifier: string; languages: string[] }[];
  /** Speaker variants, e.g. `f3`, `Annie`: timbre that goes on any voice as `en-us+f3`. */
  variants: string[];
}

export interface EspeakVoice {
  /** What espeak-ng is asked for, e.g. `gmw/en-US`; undefined when only a variant was named. */
  identifier: string | undefined;
  /** The script that this voice reads; undefined when only a variant was named. */
  script: Script | undefined;
  variant: string | undefined;
}

const BY_SCRIPT: Record<Script, string> = {
  Latin: 'gmw/en-US',
  Han: 'sit/cmn',
  Kana: 'jpx/ja',
  Hangul: 'ko',
  Cyrillic: 'zle/ru',
  Greek: 'grk/el',
  Arabic: 'sem/ar',
  Hebrew: 'sem/he',
  Devanagari: 'inc/hi',
  Bengali: 'inc/bn',
  Tamil: 'dra/ta',
  Telugu: 'dra/te',
  Kannada: 'dra/kn',
  Malayalam: 'dra/ml',
  Gujarati: 'inc/gu',
  Gurmukhi: 'inc/pa',
  Sinhala: 'inc/si',
  Thai: 'tai/th',
  Myanmar: 'sit/my',
  Georgian: 'ccs/ka',
  Armenian: 'ine/hy',
  Ethiopic: 'sem/am',
};

/** Languages whose script is not Latin, beyond the default voices above. */
const MORE_SCRIPTS: [Script, string[]][] = [
  ['Han', ['yue', 'hak']],
  ['Cyrillic', ['ru-lv', 'ru-cl', 'uk', 'be', 'bg', 'mk', 'sr', 'kk', 'ky', 'tt', 'ba', 'cv']],
  ['Arabic', ['fa', 'ur', 'sd', 'ug']],
  ['Greek', ['grc']],
  ['Devanagari', ['mr', 'ne', 'kok']],
  ['Bengali', ['as', 'bpy']],
  ['Armenian', ['hyw']],
  ['Ethiopic', ['ti']],
];

const base = (identifier: string) => identifier.slice(identifier.lastIndexOf('/') + 1).toLowerCase();

const SCRIPT_OF = new Map<string, Script>([
  ...(Object.entries(BY_SCRIPT) as [Script, string][]).map(([script, id]) => [base(id), script] as const),
  ...MORE_SCRIPTS.flatMap(([script, languages]) => languages.map((language) => [language, script] as const)),
]);

const ALIASES: Record<string, string> = {
  zh: 'cmn',
  'zh-cn': 'cmn',
  'zh-hans': 'cmn',
  mandarin: 'cmn',
  cantonese: 'yue',
};

/** A soft female timbre that exists for every language of the build. */
export const DEFAULT_VARIANT = 'f3';

const KNOWN = 'en-us, en-gb, cmn (Mandarin), yue (Cantonese), ja, ko, fr, de, es, ru, hi';

/**
 * Finds the voice that people mean by `en-gb`, `en-us+f3`, `zh-CN`, `+m3` or `Annie`.
 * @throws HeraldError('refused') naming some voices that exist.
 */
export function findVoice(name: string, catalogue: EspeakCatalogue): EspeakVoice {
  const [wanted = '', wantedVariant, ...rest] = name.trim().toLowerCase().replaceAll('_', '-').split('+');
  const variantNamed = (v: string | undefined) => catalogue.variants.find((known) => known.toLowerCase() === v);
  const unknown = () =>
    new HeraldError(
      'refused',
      `The offline voice espeak has no voice "${name.slice(0, 60)}". Known ones: ${KNOWN}; add a speaker as in en-us+f3 ` +
        `(f1 to f5, m1 to m8, Annie, ...).`,
    );
  const variant = variantNamed(wantedVariant);
  if (rest.length > 0 || (wantedVariant !== undefined && variant === undefined)) throw unknown();
  if (wanted === '') {
    if (variant === undefined) throw unknown();
    return { identifier: undefined, script: undefined, variant };
  }
  const language = ALIASES[wanted] ?? wanted;
  const short = language.split('-')[0]!;
  const { voices } = catalogue;
  const found =
    voices.find((v) => base(v.identifier) === language || v.identifier.toLowerCase() === language) ??
    voices.find((v) => v.languages.includes(language)) ??
    (variantNamed(language) ? undefined : voices.find((v) => base(v.identifier) === (ALIASES[short] ?? short)));
  if (found) {
    return { identifier: found.identifier, script: SCRIPT_OF.get(base(found.identifier)) ?? 'Latin', variant };
  }
  const alone = variantNamed(language);
  if (alone === undefined || variant !== undefined) throw unknown();
  return { identifier: undefined, script: undefined, variant: alone };
}

/** The espeak-ng voice name for text of `script`: the chosen voice where it can read it, else that script's own. */
export function voiceFor(script: Script, chosen: EspeakVoice | undefined): string {
  const identifier =
    chosen?.identifier !== undefined && chosen.script === script ? chosen.identifier : BY_SCRIPT[script];
  // A voice chosen without a variant is wanted as it is; only the defaults get our timbre.
  const variant = chosen ? chosen.variant : DEFAULT_VARIANT;
  return variant === undefined ? identifier : `${identifier}+${variant}`;
}

/** Words a minute at speed 1. Mandarin at espeak's English pace comes out below 4 syllables a second: slower than people. */
export const rateWpmFor = (script: Script, speed: number): number =>
  Math.round(Math.min(450, Math.max(80, (script === 'Han' ? 190 : 165) * speed)));

/** Of espeak-ng's 0 to 99, around 50. Measured with f3, m3 and no variant (median F0 of a sentence): 4 semitones up and down. */
const PITCH_PER_SEMITONE = 6;

/** Reaches about 8 semitones up and 6 down: there espeak-ng's scale ends. */
export const pitchFor = (semitones: number): number =>
  Math.round(Math.min(99, Math.max(0, 50 + PITCH_PER_SEMITONE * semitones)));

/** Spoken by nobody, or made for tests of espeak-ng itself. */
const ODD_LANGUAGES = ['xex'];

/**
 * What `findVoice` takes, as a list to choose from: every language with the build's default speaker. Languages that Latin
 * transcriptions are read by (Pinyin, Jyutping) share tags with the real one and are left out.
 */
export function listVoices({ voices }: EspeakCatalogue): VoiceInfo[] {
  return voices
    .filter(({ identifier }) => !/-latn/i.test(identifier) && !ODD_LANGUAGES.includes(base(identifier)))
    .map(({ name, identifier, languages }) => {
      const language = languageTag(languages[0] ?? base(identifier));
      return {
        id: `${base(identifier)}+${DEFAULT_VARIANT}`,
        name: name.replace(/, latin as \w+/, '').trim(),
        ...(language !== undefined && { language }),
      };
    });
}

/** In BCP 47's spelling (`en-US`, `zh` for `cmn`); a few of espeak-ng's own tags are none (`en-us-nyc`, `piqd`). */
function languageTag(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
