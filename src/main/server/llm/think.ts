const OPEN = /<think(?:ing)?>/i;
const CLOSE = /<\/think(?:ing)?>/i;
const TAGS = ['<think>', '<thinking>', '</think>', '</thinking>'];
const LONGEST_TAG = 11;

/**
 * Takes reasoning out of a text that holds it inline (`<think>...</think>`, as models served without a reasoning parser send
 * it), however it is cut into pieces. Text that could be the beginning of a tag is held back until it is known. A closing tag
 * without an opening one (some templates put that into the prompt) is dropped.
 */
export class ThinkFilter {
  #held = '';
  #thinking = false;

  /** Inside a `<think>` that has not been closed. */
  get thinking(): boolean {
    return this.#thinking;
  }

  /** What of the text so far can be spoken; may be empty. */
  push(piece: string): string {
    let text = this.#held + piece;
    let out = '';
    for (;;) {
      const tag = (this.#thinking ? CLOSE : TAG).exec(text);
      if (!tag) break;
      if (!this.#thinking) out += text.slice(0, tag.index);
      text = text.slice(tag.index + tag[0].length);
      this.#thinking = OPEN.test(tag[0]);
    }
    const kept = unfinishedTag(text);
    this.#held = text.slice(text.length - kept);
    return this.#thinking ? out : out + text.slice(0, text.length - kept);
  }

  /** What was held back, once nothing follows. Reasoning that never ended is dropped. */
  flush(): string {
    const rest = this.#thinking ? '' : this.#held;
    this.#held = '';
    return rest;
  }
}

const TAG = new RegExp(`${OPEN.source}|${CLOSE.source}`, 'i');

/** How many characters at the end may be the beginning of a tag. */
function unfinishedTag(text: string): number {
  const from = text.lastIndexOf('<');
  if (from < 0 || text.length - from > LONGEST_TAG) return 0;
  const end = text.slice(from).toLowerCase();
  return TAGS.some((tag) => tag.startsWith(end)) ? end.length : 0;
}
