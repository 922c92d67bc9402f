import { guessLanguage } from '../language';
import { fault } from './fault';
import type { LocalModel, Speaker } from './models';

export interface ChosenVoice {
  model: LocalModel;
  speakerId: number;
}

/** Languages written with the letters of another one: `guessLanguage` tells no more than the script. */
const SCRIPT_MATES: Record<string, string> = {
  ...Object.fromEntries(['uk', 'bg', 'be', 'kk', 'ky', 'mk', 'sr', 'tt'].map((language) => [language, 'ru'])),
  ...Object.fromEntries(['fa', 'ur', 'sd', 'ug'].map((language) => [language, 'ar'])),
  ...Object.fromEntries(['mr', 'ne'].map((language) => [language, 'hi'])),
  yue: 'zh',
  cmn: 'zh',
};
const OTHER_SCRIPTS = new Set(['zh', 'ja', 'ko', 'ru', 'el', 'ar', 'he', 'hi', 'bn', 'ta', 'te', 'th']);

/** `en` for all that is written with Latin letters. */
const scriptLanguage = (language: string) => {
  const mate = SCRIPT_MATES[language] ?? language;
  return OTHER_SCRIPTS.has(mate) ? mate : 'en';
};

/** Whether a voice would read these letters, rather than spell or skip them. Latin letters every voice makes something of. */
export function reads(model: LocalModel, text: string): boolean {
  const { language } = guessLanguage(text);
  if (language === undefined || model.languages.length === 0) return true;
  const wanted = scriptLanguage(language);
  return wanted === 'en' || model.languages.some((its) => scriptLanguage(its) === wanted);
}

/**
 * The voice for a text: the one that was asked for, else the first that knows its letters.
 * @param wanted `kokoro`, `kokoro:af_heart`, `kokoro:3`; a part of the name is enough (`joe` for `en_US-joe-medium`)
 * @param context the text around it: its first language keeps its voice, as long as that reads the text too
 * @throws ProviderError of the request, so that another engine speaks it
 */
export function chooseVoice(
  models: LocalModel[],
  text: string,
  wanted: string | undefined,
  context = text,
): ChosenVoice {
  if (wanted !== undefined) {
    const [modelName = '', speakerName] = wanted.split(':');
    const model = findModel(models, modelName);
    if (!model) throw unknown(wanted, models);
    if (!reads(model, text)) throw foreign(`"${model.name}" does not read`, text);
    return { model, speakerId: speakerName === undefined ? 0 : speakerOf(model, speakerName).id };
  }
  const able = models.filter((candidate) => reads(candidate, text));
  const usual = models.find(speaks(context));
  const model = usual && able.includes(usual) ? usual : (able.find(speaks(text)) ?? able[0]);
  if (!model) throw foreign('no installed voice reads', text);
  return { model, speakerId: 0 };
}

/** Whether a voice is at home in the language of a text. */
function speaks(text: string): (model: LocalModel) => boolean {
  const { language } = guessLanguage(text);
  const script = language === undefined ? undefined : scriptLanguage(language);
  return ({ languages }) => languages.some((its) => scriptLanguage(its) === script);
}

/** By its whole name, else by a part of it that only one has. */
export function findModel<T extends { name: string }>(models: readonly T[], name: string): T | undefined {
  const wanted = name.trim().toLowerCase();
  const whole = models.find((model) => model.name.toLowerCase() === wanted);
  if (whole) return whole;
  const partly = models.filter((model) => model.name.toLowerCase().split('-').includes(wanted));
  return partly.length === 1 ? partly[0] : undefined;
}

function speakerOf(model: LocalModel, name: string): Speaker {
  const wanted = name.trim().toLowerCase();
  const { speakers } = model;
  const named = speakers.find((speaker) => speaker.name.toLowerCase() === wanted);
  if (named) return named;
  const id = /^\d{1,4}$/.test(wanted) ? Number(wanted) : undefined;
  // A model that does not tell its speakers may have any number of them; sherpa-onnx takes the first for one it has not.
  const unlisted = speakers.length === 0 && model.family === 'supertonic';
  if (id !== undefined && (unlisted || speakers.some((speaker) => speaker.id === id))) return { name, id };
  const known = speakers.slice(0, 8).map((speaker) => speaker.name);
  throw fault(
    `"${model.name}" has no speaker "${name.slice(0, 40)}"`,
    known.length > 0 ? `Some that it has: ${known.join(', ')}.` : `It has one speaker: say --voice ${model.name}.`,
    { ofRequest: true },
  );
}

function unknown(wanted: string, models: LocalModel[]) {
  const names = models.slice(0, 8).map(({ name }) => name);
  return fault(
    `there is no voice "${wanted.slice(0, 60)}" on this machine`,
    `Installed: ${names.join(', ')}. npm run voice -- list shows more.`,
    { ofRequest: true },
  );
}

function foreign(what: string, text: string) {
  const { language = 'en' } = guessLanguage(text);
  const name = new Intl.DisplayNames('en', { type: 'language' }).of(language) ?? language;
  return fault(`${what} this text's letters (${name})`, 'npm run voice -- list shows voices of more languages.', {
    ofRequest: true,
  });
}
