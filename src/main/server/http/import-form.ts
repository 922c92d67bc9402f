import type { FastifyReply, FastifyRequest } from 'fastify';
import { importKind, MAX_IMPORT_BYTES, MAX_IMPORT_FILES } from '../../../shared/library-protocol';
import { HeraldError } from '../errors';
import type { Inbox } from '../imports/inbox';
import type { Reception } from '../imports/library';

/**
 * What is left of a refused form is read and dropped up to here, because browsers read no reply before they have sent everything;
 * beyond it the connection is closed.
 */
const MAX_DISCARDED_BYTES = 256 * 1024 * 1024;

/** Reads a form part by part, in the order that it comes: `kind`, perhaps `name`, then the files, each named by its path. */
export async function readImportForm(
  request: FastifyRequest,
  reply: FastifyReply,
  reception: Reception,
): Promise<void> {
  let kind: string | undefined;
  let name: string | undefined;
  let inbox: Inbox | undefined;
  try {
    const parts = request.parts({
      // Paths of a folder are the point; they are checked one by one.
      preservePath: true,
      // One more than is allowed: the inbox says it better.
      limits: {
        fileSize: MAX_IMPORT_BYTES,
        files: MAX_IMPORT_FILES + 1,
        parts: MAX_IMPORT_FILES + 8,
        fields: 4,
        fieldSize: 1_000,
      },
    } as Parameters<FastifyRequest['parts']>[0]);
    for await (const part of parts) {
      if (part.type === 'field') {
        if (part.fieldname === 'kind') kind = String(part.value);
        else if (part.fieldname === 'name') name = String(part.value);
        continue;
      }
      inbox ??= begin(reception, kind, name);
      await inbox.add(part.filename ?? '', part.file);
      if (part.file.truncated) throw new HeraldError('too-large', `${part.filename} is larger than an import may be`);
      // The plugin keeps every part until the last one has come.
      delete part.fields[part.fieldname];
    }
  } catch (error) {
    settle(request, reply);
    if (error instanceof HeraldError) throw error;
    const { statusCode, message, code } = error as { statusCode?: number; message: string; code?: string };
    if (code !== undefined && statusCode === undefined) throw error; // of the file system
    throw new HeraldError(statusCode === 413 ? 'too-large' : 'malformed', `the form is broken: ${message}`);
  }
  if (!inbox) begin(reception, kind, name);
}

function begin(reception: Reception, kind: string | undefined, name: string | undefined): Inbox {
  const checked = importKind.safeParse(kind);
  if (checked.success) return reception.begin(checked.data, name);
  throw new HeraldError('malformed', 'kind: send it before the files, "avatar" or "weights"');
}

function settle({ raw }: FastifyRequest, reply: FastifyReply): void {
  const left = Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) - raw.socket.bytesRead;
  raw.unpipe();
  if (left > MAX_DISCARDED_BYTES) reply.header('connection', 'close');
  else raw.resume();
}
