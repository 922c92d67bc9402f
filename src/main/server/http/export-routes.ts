import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { addedReply, closeReply, exportReply, exportsReply, failureReply, recordingId } from '../../../shared/protocol';
import { onlyOne } from '../clips/job';
import type { ExportLibrary } from '../export/library';
import { exportOptions } from '../export/request';
import { jobId } from './clip-routes';
import { sendMedia, withFiles } from './media';
import { failing, OK } from './replies';

const failures = failing(400, 404, 503);
const byId = z.object({ id: jobId });
const exportBody = exportOptions.extend({
  recording: recordingId.optional(),
  clip: jobId.optional().describe('`id` of /api/clips'),
});
/** 200 with `code: -1` where it cannot be had, e.g. without ffmpeg. */
const addReply = z.union([addedReply, failureReply]);

/** Recordings and clips in other formats, cut, cropped and with subtitles. */
export async function exportRoutes(app: FastifyInstance, { exports }: { exports?: ExportLibrary }): Promise<void> {
  if (!exports) return;
  await withFiles(app, (scope) => routesOf(scope, exports));
}

function routesOf(app: FastifyInstance, library: ExportLibrary): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['exports'];
  routes.post(
    '/api/exports',
    {
      schema: {
        summary: 'Export a recording or a clip; it waits for the ones before it',
        tags,
        body: exportBody,
        response: { 200: addReply, ...failures },
      },
    },
    async ({ body: { recording, clip, ...wishes } }) => {
      const name = onlyOne({ recording, clip }, ['recording', 'clip'], 'what to export');
      const id = await library.add(name === 'recording' ? { recording: recording! } : { clip: clip! }, wishes);
      return { ...OK, data: { id } };
    },
  );
  routes.get(
    '/api/exports',
    {
      schema: { summary: 'Exports of this run, newest first', tags, response: { 200: exportsReply, ...failures } },
    },
    async () => ({ code: 0 as const, data: { exports: library.list() } }),
  );
  routes.get(
    '/api/exports/:id',
    { schema: { summary: 'How far an export is', tags, params: byId, response: { 200: exportReply, ...failures } } },
    async ({ params }) => ({ code: 0 as const, data: library.view(params.id) }),
  );
  routes.get(
    '/api/exports/:id/file',
    { schema: { summary: 'The finished file; Range is supported', tags, params: byId, response: failures } },
    async ({ params }, reply) => sendMedia(reply as unknown as FastifyReply, library.file(params.id)),
  );
  routes.delete(
    '/api/exports/:id',
    {
      schema: {
        summary: 'Stop making it, or delete its file',
        tags,
        params: byId,
        response: { 200: closeReply, ...failures },
      },
    },
    async ({ params }) => {
      await library.remove(params.id);
      return OK;
    },
  );
}
