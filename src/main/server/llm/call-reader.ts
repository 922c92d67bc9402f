import type { WrittenCall } from './tools';

/** A piece of `tool_calls`; everything may be missing or of another type. */
interface Piece {
  index?: unknown;
  id?: unknown;
  function?: { name?: unknown; arguments?: unknown };
}

const MAX_CALLS = 8;
const MAX_NAME_CHARACTERS = 40;
/** The arguments of ours are some ten characters. What is longer is cut, and then is no JSON. */
const MAX_ARGS_CHARACTERS = 10_000;

/**
 * Puts the tool calls of one answer together. OpenAI numbers the pieces (`index`) and names a call in its first one; some
 * servers send each call whole, and all of them as number 0 or as none, so another id or a second name begins another call.
 */
export class CallReader {
  readonly calls: WrittenCall[] = [];
  readonly #keys: { index: unknown; id: unknown }[] = [];

  /** @returns whether there was a piece of a call */
  read(pieces: unknown): boolean {
    if (!Array.isArray(pieces)) return false;
    for (const piece of pieces as (Piece | null)[]) if (piece) this.#add(piece);
    return pieces.length > 0;
  }

  #add({ index, id, function: { name, arguments: args } = {} }: Piece): void {
    const called = typeof name === 'string' ? name : '';
    let at = this.#keys.findLastIndex((key) => index === undefined || key.index === index);
    const known = this.calls[at];
    const other = Boolean(id && this.#keys[at]?.id && id !== this.#keys[at].id) || (called !== '' && known?.name);
    if (!known || other) {
      if (this.calls.length === MAX_CALLS) return;
      at = this.calls.push({ name: '', args: '' }) - 1;
      this.#keys.push({ index, id });
    }
    const call = this.calls[at]!;
    call.name ||= called.slice(0, MAX_NAME_CHARACTERS);
    // Ollama's own format leaks through some gateways: the arguments as an object.
    const more = typeof args === 'string' ? args : args && typeof args === 'object' ? JSON.stringify(args) : '';
    call.args = (call.args + more).slice(0, MAX_ARGS_CHARACTERS);
  }
}
