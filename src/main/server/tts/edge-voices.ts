import { z } from 'zod';
import { splitByScript } from './scripts';
import type { VoiceInfo } from './tts';

/** `zh-CN-XiaoxiaoNeural`, `zh-CN-liaoning-XiaobeiNeural`, `iu-Latn-CA-SiqiniqNeural`: locale, dialect, name. */
const VOICE_NAME = /^([a-z]{2,3}(?:-[A-Z][a-z]{3})?-(?:[A-Z]{2}|\d{3}))(?:-[a-z]+)?-[A-Za-z]+$/;

/** What the peers speak with. */
export const XIAOXIAO = 'zh-CN-XiaoxiaoNeural';
/** Reads the languages of Europe and more, and finds out by itself which. */
const AVA = 'en-US-AvaMultilingualNeural';
const NANAMI = 'ja-JP-NanamiNeural';
const SUN_HI = 'ko-KR-SunHiNeural';

/**
 * The voice for a text when nobody chose one. Any hanzi make it Chinese, also between English words, because Xiaoxiao reads
 * English and Ava reads no Chinese; kana make it Japanese unless they are a sprinkle in Chinese text ("の").
 */
export function voiceForText(text: string): string {
  const characters = { Han: 0, Kana: 0, Hangul: 0 };
  for (const { script, text: run } of splitByScript(text)) {
    if (script === 'Han' || script === 'Kana' || script === 'Hangul') characters[script] += run.length;
  }
  const { Han, Kana, Hangul } = characters;
  if (Kana > 0 && 4 * Kana >= Han) return NANAMI;
  if (Hangul > Han) return SUN_HI;
  return Han > 0 ? XIAOXIAO : AVA;
}

/** `zh-CN` of `zh-CN-XiaoxiaoNeural`; undefined for what cannot be the name of a voice here. */
export function localeOf(voice: string): string | undefined {
  return VOICE_NAME.exec(voice)?.[1];
}

const LIST = z.array(
  z.object({ ShortName: z.string(), FriendlyName: z.string(), Locale: z.string(), Gender: z.string() }),
);

/** The service's list of voices in our terms. @throws when it is not such a list. */
export function parseVoices(json: unknown): VoiceInfo[] {
  return LIST.parse(json).map(({ ShortName, FriendlyName, Locale, Gender }) => ({
    id: ShortName,
    // "Microsoft Xiaoxiao Online (Natural) - Chinese (Mainland)"
    name: FriendlyName.replace(/^Microsoft | Online \(Natural\)/g, ''),
    language: Locale,
    ...(Gender === 'Female' && { gender: 'female' as const }),
    ...(Gender === 'Male' && { gender: 'male' as const }),
  }));
}
