import { StringDecoder } from 'node:string_decoder';

export interface JsonEntry {
  key: string;
  /** The value as it was written; undefined where `want` said no. */
  json: string | undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MAX_KEY_BYTES = 1_024;

/**
 * The members of a JSON object one by one while it arrives, without parsing the values: a list of speakers is tens of
 * megabytes of numbers, and `JSON.parse` of that would hold up the pictures for half a second.
 * @throws SyntaxError for anything but an object, and for members larger than `maxValueBytes`
 */
export async function* jsonEntries(
  bytes: AsyncIterable<Uint8Array>,
  want: (key: string) => boolean,
  maxValueBytes: number,
): AsyncGenerator<JsonEntry> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** Between a key's colon and the end of its value. */
  let inValue = false;
  let wanted = false;
  let key = '';
  let started = false;
  let text = new Text(MAX_KEY_BYTES);

  for await (const part of bytes) {
    let from = 0;
    const keep = (end: number) => {
      if (inValue ? wanted : inString) text.add(part.subarray(from, end));
      from = end;
    };
    for (let i = 0; i < part.length; i++) {
      const byte = part[i]!;
      if (!started) {
        if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) continue;
        if (byte !== 0x7b) throw new SyntaxError('not a JSON object');
        started = true;
        depth = 1;
      } else if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          if (!inValue) {
            keep(i + 1);
            key = JSON.parse(text.end()) as string;
          }
          inString = false;
        }
      } else if (byte === QUOTE) {
        if (!inValue) {
          from = i;
          text = new Text(MAX_KEY_BYTES);
        }
        inString = true;
      } else if (byte === 0x3a && depth === 1 && !inValue) {
        inValue = true;
        wanted = want(key);
        from = i + 1;
        text = new Text(maxValueBytes);
      } else if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d || (byte === 0x2c && depth === 1)) {
        if (depth === 1 && inValue) {
          keep(i);
          inValue = false;
          yield { key, json: wanted ? text.end() : undefined };
        }
        if (byte !== 0x2c) depth--;
        if (depth === 0) return;
      }
    }
    keep(part.length);
  }
  throw new SyntaxError('the JSON object breaks off');
}

/** UTF-8 in pieces, at most so many bytes. */
class Text {
  readonly #decoder = new StringDecoder('utf8');
  #left: number;
  #text = '';

  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  add(bytes: Uint8Array): void {
    this.#left -= bytes.length;
    if (this.#left < 0) throw new SyntaxError('a JSON member is too large');
    this.#text += this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  end(): string {
    return (this.#text + this.#decoder.end()).trim();
  }
}
