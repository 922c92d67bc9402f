/** Letters, digits and the signs that every voice reads out ("5 €", "50 %"). Emoji and punctuation alone say nothing. */
const SPOKEN = /[\p{L}\p{N}%€$£¥]/u;

/** Whether a voice has anything to say for this text: false for emoji, punctuation, blanks. */
export const hasSpeech = (text: string): boolean => SPOKEN.test(text);
