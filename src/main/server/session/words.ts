/** The text of a turn as it becomes known. */
export interface Words {
  pieces: AsyncIterable<string> | Iterable<string>;
  /** Whoever asked knows already why there may be nothing to say: a fault was reported, or a rule acts without words. */
  readonly explained: boolean;
}

/** Text that is known from the start. */
export const knownWords = (text: string): Words => ({ pieces: [text], explained: false });
