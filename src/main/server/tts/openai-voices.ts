import type { VoiceInfo } from './tts';

const NAMES = ['alloy', 'ash', 'coral', 'echo', 'fable', 'nova', 'onyx', 'sage', 'shimmer'];
/** Not with `tts-1` and `tts-1-hd`. */
const NEWER_NAMES = ['ballad', 'cedar', 'marin', 'verse'];
const MAX_VOICES = 2_000;

/** The voices of OpenAI's own models. */
export function openAiVoices(model: string): VoiceInfo[] {
  const names = model.startsWith('tts-1') ? NAMES : [...NAMES, ...NEWER_NAMES].sort();
  return names.map((id) => ({ id, name: id }));
}

/** The voices in a server's list: `{ voices: [...] }`, `{ data: [...] }` or `[...]`, of names or of objects with an id. */
export function listedVoices(reply: unknown): VoiceInfo[] {
  const list = Array.isArray(reply) ? reply : field(reply, 'voices', 'data');
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_VOICES).flatMap((entry: unknown) => {
    const id = typeof entry === 'string' ? entry : text(field(entry, 'id', 'voice_id', 'voice', 'name'));
    if (!id) return [];
    const name = text(field(entry, 'name')) ?? id;
    const language = text(field(entry, 'language', 'lang', 'locale'));
    const gender = text(field(entry, 'gender'))?.toLowerCase();
    return {
      id,
      name,
      ...kokoroVoice(id),
      ...(language ? { language } : {}),
      ...(gender === 'female' || gender === 'male' ? { gender } : {}),
    };
  });
}

const KOKORO_LANGUAGES: Record<string, string> = {
  a: 'en-US',
  b: 'en-GB',
  e: 'es',
  f: 'fr-FR',
  h: 'hi',
  i: 'it',
  j: 'ja',
  p: 'pt-BR',
  z: 'zh-CN',
};

/** Kokoro's names tell: `af_bella` is an American woman, `zm_yunxi` a Chinese man. */
function kokoroVoice(id: string): Pick<VoiceInfo, 'language' | 'gender'> {
  const [, language, gender] = /^([a-z])([fm])_\w/.exec(id) ?? [];
  const known = language === undefined ? undefined : KOKORO_LANGUAGES[language];
  return known === undefined ? {} : { language: known, gender: gender === 'f' ? 'female' : 'male' };
}

function field(value: unknown, ...names: string[]): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const name = names.find((candidate) => Object.hasOwn(value, candidate));
  return name === undefined ? undefined : (value as Record<string, unknown>)[name];
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
