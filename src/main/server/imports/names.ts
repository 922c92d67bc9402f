import { avatarName } from '../../../shared/protocol';

const MAX_CHARACTERS = 60;

/** The nearest name that the library takes, `fallback` where nothing of the words can be kept. */
export function tidyName(words: string, fallback: string): string {
  const name = words
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}_. -]+/gu, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, MAX_CHARACTERS)
    .replace(/[^\p{L}\p{N}]+$/u, '');
  return avatarName.safeParse(name).success ? name : fallback;
}

/** The name itself, or with the first number behind it that is free. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let number = 2; ; number++) if (!isTaken(`${name}-${number}`)) return `${name}-${number}`;
}
