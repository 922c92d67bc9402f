/** Writing systems that the offline voice tells apart; each has a voice that can read it. */
const SCRIPTS = {
  Latin: /\p{Script=Latin}/u,
  Han: /[\p{Script=Han}\p{Script=Bopomofo}]/u,
  Kana: /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
  Hangul: /\p{Script=Hangul}/u,
  Cyrillic: /\p{Script=Cyrillic}/u,
  Greek: /\p{Script=Greek}/u,
  Arabic: /\p{Script=Arabic}/u,
  Hebrew: /\p{Script=Hebrew}/u,
  Devanagari: /\p{Script=Devanagari}/u,
  Bengali: /\p{Script=Bengali}/u,
  Tamil: /\p{Script=Tamil}/u,
  Telugu: /\p{Script=Telugu}/u,
  Kannada: /\p{Script=Kannada}/u,
  Malayalam: /\p{Script=Malayalam}/u,
  Gujarati: /\p{Script=Gujarati}/u,
  Gurmukhi: /\p{Script=Gurmukhi}/u,
  Sinhala: /\p{Script=Sinhala}/u,
  Thai: /\p{Script=Thai}/u,
  Myanmar: /\p{Script=Myanmar}/u,
  Georgian: /\p{Script=Georgian}/u,
  Armenian: /\p{Script=Armenian}/u,
  Ethiopic: /\p{Script=Ethiopic}/u,
} as const;

export type Script = keyof typeof SCRIPTS;

const ENTRIES = Object.entries(SCRIPTS) as [Script, RegExp][];

/** A stretch of text that one voice can read. */
export interface ScriptRun {
  script: Script;
  text: string;
}

function scriptOf(character: string): Script | undefined {
  if (/^[A-Za-z]$/.test(character)) return 'Latin';
  return ENTRIES.find(([, pattern]) => pattern.test(character))?.[0];
}

/**
 * Cuts mixed text ("Hello 你好") where its script changes. Digits, spaces and punctuation belong to no script: they stay
 * with the run before them, or with the first run when they lead. Text without letters is one Latin run. The runs
 * joined together are the text.
 */
export function splitByScript(text: string): ScriptRun[] {
  const runs: ScriptRun[] = [];
  let leading = '';
  for (const character of text) {
    const last = runs.at(-1);
    const script = scriptOf(character);
    if (last && (script === undefined || script === last.script)) last.text += character;
    else if (script === undefined) leading += character;
    else {
      runs.push({ script, text: leading + character });
      leading = '';
    }
  }
  if (leading !== '') runs.push({ script: 'Latin', text: leading });
  return runs;
}
