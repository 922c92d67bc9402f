import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { importKind, importReply, importsReply, MAX_IMPORT_BYTES } from '../../../shared/library-protocol';
import { closeReply } from '../../../shared/protocol';
import { HeraldError } from '../errors';
import type { ImportLibrary } from '../imports/library';
import { jobId } from './clip-routes';
import { readImportForm } from './import-form';
import { LongUploads } from './long-uploads';
import { failing, OK } from './replies';

const failures = failing(400, 404, 413, 503);
const byId = z.object({ id: jobId });

const importForm = z.object({
  kind: importKind.describe('First of all parts'),
  name: z.string().optional().describe('What it is to be called; default: as the folder or file'),
  files: z
    .any()
    .meta({ type: 'string', format: 'binary' })
    .describe(
      'One .zip of an avatar folder; or its files, one part each with its path in the folder as file name; or one .pth, .pt, .onnx',
    ),
});

/** Avatars and mouth weights on their way in. */
export function importRoutes(app: FastifyInstance, { imports }: { imports: ImportLibrary | undefined }): void {
  if (!imports) return;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['imports'];
  const longUploads = new LongUploads(app.server);
  routes.post(
    '/api/imports',
    {
      schema: {
        summary: 'Bring in a LiveTalking avatar or mouth weights; answered once it is received, the work goes on',
        tags,
        consumes: ['multipart/form-data'],
        body: importForm,
        response: { 200: importReply, ...failures },
      },
      // The schema is for the document: the form is read part by part.
      validatorCompiler: () => (value) => ({ value }),
    },
    async (request, reply) => {
      const raw = { request: request as unknown as FastifyRequest, reply: reply as unknown as FastifyReply };
      if (!raw.request.isMultipart()) {
        throw new HeraldError('malformed', 'send multipart/form-data with the fields kind, name and files');
      }
      const length = Number(request.headers['content-length']);
      const expectedBytes = Number.isFinite(length) ? length : undefined;
      if ((expectedBytes ?? 0) > MAX_IMPORT_BYTES) {
        reply.header('connection', 'close');
        throw new HeraldError('too-large', `an import has at most ${MAX_IMPORT_BYTES / 2 ** 30} GB`);
      }
      const gone = new AbortController();
      const leave = () => gone.abort(new HeraldError('refused', 'the client went away'));
      raw.reply.raw.once('close', leave);
      const data = await longUploads.during(() =>
        imports.receive((reception) => readImportForm(raw.request, raw.reply, reception), {
          expectedBytes,
          signal: gone.signal,
        }),
      );
      return { code: 0 as const, data };
    },
  );
  routes.get(
    '/api/imports',
    { schema: { summary: 'Imports of this run, newest first', tags, response: { 200: importsReply, ...failures } } },
    async () => ({ code: 0 as const, data: { imports: imports.list() } }),
  );
  routes.get(
    '/api/imports/:id',
    { schema: { summary: 'How far an import is', tags, params: byId, response: { 200: importReply, ...failures } } },
    async ({ params }) => ({ code: 0 as const, data: imports.view(params.id) }),
  );
  routes.delete(
    '/api/imports/:id',
    {
      schema: {
        summary: 'Stop an import, or forget one that has ended; what it brought in stays',
        tags,
        params: byId,
        response: { 200: closeReply, ...failures },
      },
    },
    async ({ params }) => {
      await imports.remove(params.id);
      return OK;
    },
  );
}
