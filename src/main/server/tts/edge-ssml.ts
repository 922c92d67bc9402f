import type { ProsodyOptions } from 'msedge-tts';
import { splitAll } from '../text/sentences';
import { hasSpeech } from '../text/speakable';
import type { VoiceSettings } from './tts';

/** The service takes messages of 64 KiB; clients of it keep to this much text, which is minutes of speech. */
const MAX_TEXT_BYTES = 4_096;

/** What XML 1.0 (section 2.2) forbids even as a reference, and half surrogates: one of them and the service hangs up. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Text as it may stand inside SSML. The library puts what it is given between the tags as it is. */
export function ssmlText(text: string): string {
  return text.replace(NOT_XML, ' ').replace(/[&<>"']/g, (sign) => ESCAPES[sign]!);
}

/** A text in pieces that the service takes, escaped. A sentence is one piece; only a text without end is cut. */
export function ssmlPieces(text: string): string[] {
  const whole = ssmlText(text).trim();
  if (Buffer.byteLength(whole) <= MAX_TEXT_BYTES) return [whole];
  return splitAll(text, { early: false }).filter(hasSpeech).map(ssmlText);
}

/**
 * Speed and pitch as relative percentages, the one unit that the service takes for both and that does not depend on the
 * voice (Hertz would): speed 1.25 is +25%, and 12 semitones, an octave, are +100%.
 */
export function prosody({ speed = 1, pitchSemitones = 0 }: VoiceSettings): ProsodyOptions {
  const percent = (factor: number) => {
    const change = Math.round((factor - 1) * 100);
    return `${change < 0 ? '' : '+'}${change}%`;
  };
  return { rate: percent(speed), pitch: percent(2 ** (pitchSemitones / 12)) };
}
