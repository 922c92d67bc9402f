/** One frame of a stream is some hundred bytes; a whole answer is bounded by MAX_TEXT_CHARACTERS. */
const MAX_FRAME_BYTES = 1 << 20;
const MAX_JSON_BYTES = 4 << 20;
const MAX_ERROR_BYTES = 64 << 10;
const FRAME_ENDS = ['\n\n', '\r\n\r\n', '\r\r'];

/** Somebody sent more than any answer is: not a model. */
export class OversizedBody extends Error {}

/**
 * The same body, which fails once a frame grows beyond a megabyte: the library would keep collecting it. `onDone` is called
 * when `data: [DONE]` has passed, which the library keeps to itself.
 */
export function boundedFrames(body: ReadableStream<Uint8Array>, onDone: () => void): ReadableStream<Uint8Array> {
  let frameBytes = 0;
  let tail = '';
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
        const end = Math.max(...FRAME_ENDS.map((mark) => text.lastIndexOf(mark)));
        frameBytes = end < 0 ? frameBytes + bytes.length : bytes.length - end;
        if (frameBytes > MAX_FRAME_BYTES) throw new OversizedBody();
        controller.enqueue(bytes);
        const seen = tail + text;
        if (/(?:^|[\r\n])data: ?\[DONE\]/.test(seen)) onDone();
        tail = seen.slice(-16);
      },
    }),
  );
}

/** @throws OversizedBody, SyntaxError */
export const jsonOf = async (response: Response): Promise<unknown> =>
  JSON.parse(await textOf(response, MAX_JSON_BYTES)) as unknown;

/** The explanation of an HTTP error, as far as anybody would read it. */
export const explanationOf = (response: Response): Promise<string> =>
  textOf(response, MAX_ERROR_BYTES, { cutOff: true });

async function textOf(response: Response, maxBytes: number, { cutOff = false } = {}): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the body, which closes the socket.
  for await (const part of response.body ?? []) {
    parts.push(part as Uint8Array);
    bytes += (part as Uint8Array).length;
    if (bytes <= maxBytes) continue;
    if (!cutOff) throw new OversizedBody();
    break;
  }
  return Buffer.concat(parts).toString('utf8');
}
