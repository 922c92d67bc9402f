import { MAX_TEXT_CHARACTERS } from '../../../shared/protocol';
import { CallReader } from './call-reader';
import { ThinkFilter } from './think';
import type { WrittenCall } from './tools';

/** The parts of a chunk, or of a whole completion, that are read; everything may be missing or of another type. */
interface Chunk {
  choices?: { delta?: Delta; message?: Delta; finish_reason?: unknown }[];
}

interface Delta {
  content?: unknown;
  refusal?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  tool_calls?: unknown;
}

/** Reads the chunks of one answer: what of them is to be spoken, and how the answer ended. */
export class AnswerReader {
  readonly #think = new ThinkFilter();
  readonly #calls = new CallReader();
  #characters = 0;
  finishReason?: string;
  reasoned = false;
  overlong = false;
  chunks = 0;

  /** The tools that were called, as the model wrote it. */
  get calls(): readonly WrittenCall[] {
    return this.#calls.calls;
  }

  /** Something could be spoken. */
  get spoke(): boolean {
    return this.#characters > 0;
  }

  /** Text to be spoken, '' where a chunk holds none; `working` where it holds something that is not to be spoken. */
  read(chunk: unknown): { text: string; working: boolean } {
    this.chunks += 1;
    const choice = (chunk as Chunk | null)?.choices?.[0];
    const delta = choice?.delta ?? choice?.message;
    const content = textIn(delta?.content) || textIn(delta?.refusal);
    const text = this.#spoken(this.#think.push(content));
    const reasoning = Boolean(
      textIn(delta?.reasoning_content) || textIn(delta?.reasoning) || (content && this.#think.thinking),
    );
    this.reasoned ||= reasoning;
    const calling = this.#calls.read(delta?.tool_calls);
    if (typeof choice?.finish_reason === 'string') this.finishReason = choice.finish_reason;
    return { text, working: reasoning || calling };
  }

  /** What was held back, once nothing follows. */
  end(): string {
    return this.#spoken(this.#think.flush());
  }

  /** Blanks before the first word are dropped, so that the first piece is a word; what is too much is cut off. */
  #spoken(text: string): string {
    const shown = this.#characters === 0 ? text.trimStart() : text;
    const room = MAX_TEXT_CHARACTERS - this.#characters;
    this.overlong ||= shown.length > room;
    let kept = shown.slice(0, room);
    if (this.overlong && /[\ud800-\udbff]$/.test(kept)) kept = kept.slice(0, -1);
    this.#characters += kept.length;
    return kept;
  }
}

/** A text, or a list of parts (Mistral); parts that are not text are left out. */
function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { type?: unknown; text?: unknown } | null) =>
      part?.type === 'text' && typeof part.text === 'string' ? part.text : '',
    )
    .join('');
}
