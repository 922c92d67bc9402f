const FULL_WIDTH = /[\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A]/g;
// Digits, # and * are emoji in Unicode's eyes (keycaps); ©, ® and ™ are words in ours.
const EMOJI =
  /(?![\d#*©®™])(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\uFE0F|\u200D|\u20E3)/gu;
// Language models write Markdown; nobody wants to hear "asterisk asterisk". A lone * between digits stays.
const MARKDOWN = /^\s*(?:#{1,6}\s+|>\s+|[-+*•]\s+)|\*{2,}|`+|~~|(?<!\d\s*)\*|__+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is being removed; NUL would end the text early.
const CONTROL = /[\u0000-\u001F\u007F-\u009F\uFEFF\uFFFD]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * Makes text safe and natural for espeak-ng. This WASM build always reads its input as SSML with `[[phonemes]]`, so
 * `a < b` or `[[x]]` in a reply would be swallowed as markup; it names emoji aloud ("grinning face"); and it spells out
 * full-width digits as letters. Length is not preserved.
 */
export function espeakText(text: string): string {
  return text
    .replace(CONTROL, ' ')
    .replace(LONE_SURROGATE, ' ')
    .replace(EMOJI, ' ')
    .replace(MARKDOWN, ' ')
    .replace(FULL_WIDTH, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/[[【]/g, '(')
    .replace(/[\]】]/g, ')')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .trim();
}
