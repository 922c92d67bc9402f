import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { HeraldError } from '../errors';

/** Enough for any SDP and for 20,000 characters of any script, escaped. */
export const MAX_BODY_BYTES = 512 * 1024;

/**
 * Past its limit a body is still read, and dropped, up to here: many clients read no reply before they have sent
 * everything, and closing on them early looks like a broken connection instead of a 413.
 */
const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

/**
 * Reads every body as JSON, whatever its content type says: the peers' servers do, so curl's default, `sendBeacon` and
 * scripts without the header must work. An empty body is undefined. Multipart has its own parser.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (_request: unknown, payload: Readable) => parseJson(await readBounded(payload)));
}

async function readBounded(payload: Readable): Promise<string> {
  const kept: Buffer[] = [];
  let bytes = 0;
  // The default iterator would destroy the socket, and the reply with it, when the loop is left.
  for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) kept.push(chunk);
    else if (bytes > MAX_BODY_BYTES + MAX_DISCARDED_BYTES) break;
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new HeraldError('too-large', `the body is larger than ${MAX_BODY_BYTES / 1024} KiB`);
  }
  return Buffer.concat(kept).toString('utf8');
}

function parseJson(text: string): unknown {
  const json = text.replace(/^\uFEFF/, '').trim();
  if (json === '') return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new HeraldError('malformed', `the body is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}
