import type { FastifyReply, FastifyRequest } from 'fastify';
import { say } from '../../../shared/told';
import { HeraldError } from '../errors';

export interface Upload {
  /** Text fields by name; of a repeated one, the last. */
  fields: Record<string, string>;
  file: { bytes: Buffer; fileName?: string } | undefined;
}

const BYTES_PER_MB = 1024 * 1024;
/** Beyond this multiple of the limit an upload is cut off instead of being read to its end (see body.ts). */
const CUT_OFF_FACTOR = 4;
const MAX_UPLOADS_AT_ONCE = 4;

/** Reads uploads into memory: bounded in size, in number of parts and in how many are read at once. */
export class Uploads {
  private running = 0;
  private readonly maxBytes: number;

  constructor(private readonly maxMb: number) {
    this.maxBytes = maxMb * BYTES_PER_MB;
  }

  /** Reads the whole form, in whatever order its parts come; `fileField` names the file that is wanted. */
  async read(request: FastifyRequest, reply: FastifyReply, fileField: string): Promise<Upload> {
    if (!request.isMultipart()) {
      throw new HeraldError('malformed', `send multipart/form-data with the fields sessionid and ${fileField}`);
    }
    if (Number(request.headers['content-length'] ?? 0) > this.maxBytes * CUT_OFF_FACTOR) {
      reply.header('connection', 'close');
      throw this.tooLarge();
    }
    if (this.running >= MAX_UPLOADS_AT_ONCE) {
      throw new HeraldError('limit', say('upload.tooMany'), 2);
    }
    this.running++;
    try {
      return await this.readParts(request, reply, fileField);
    } finally {
      this.running--;
    }
  }

  private async readParts(request: FastifyRequest, reply: FastifyReply, fileField: string): Promise<Upload> {
    const upload: Upload = { fields: {}, file: undefined };
    let tooLarge = false;
    try {
      const parts = request.parts({
        limits: { fileSize: this.maxBytes, files: 4, fields: 20, fieldSize: 64 * 1024, parts: 24 },
        isPartAFile: (name, _type, fileName) => name === fileField || fileName !== undefined,
      } as Parameters<FastifyRequest['parts']>[0]);
      for await (const part of parts) {
        if (part.type === 'field') {
          upload.fields[part.fieldname] = String(part.value);
          continue;
        }
        const wanted = part.fieldname === fileField && upload.file === undefined;
        const chunks: Buffer[] = [];
        for await (const chunk of part.file) if (wanted) chunks.push(chunk as Buffer);
        if (part.file.truncated) tooLarge = true;
        else if (wanted) upload.file = { bytes: Buffer.concat(chunks), fileName: part.filename };
      }
    } catch (error) {
      // What is left of a broken form cannot be told from the next request.
      reply.header('connection', 'close');
      if ((error as { statusCode?: number }).statusCode === 413)
        throw new HeraldError('too-large', (error as Error).message);
      throw new HeraldError('malformed', `the form is broken: ${(error as Error).message}`);
    }
    if (tooLarge) throw this.tooLarge();
    return upload;
  }

  private tooLarge(): HeraldError {
    return new HeraldError('too-large', say('upload.tooLarge', { megabytes: this.maxMb }));
  }
}
