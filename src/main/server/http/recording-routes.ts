import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  closeReply,
  controlBodies,
  recordingId,
  recordingReply,
  recordingsReply,
  recordingTitle,
  recordReply,
  sessionId,
} from '../../../shared/protocol';
import { RECORDING_SORTS } from '../../../shared/recording-sorts';
import { isPushMode, type Settings } from '../../../shared/settings';
import { HeraldError } from '../errors';
import type { RecordingLibrary } from '../recordings/library';
import { cuesOf } from '../recordings/subtitles';
import type { SessionDirectory } from '../session/api';
import { SUBTITLE_FORMATS, sendMedia, withFiles } from './media';
import { failing, OK } from './replies';

export interface RecordingRouteDependencies {
  settings: Settings;
  sessions: SessionDirectory;
  /** Without one nothing is kept, and only /record is there, to say so. */
  recordings?: RecordingLibrary;
}

const failures = failing(400, 404);
const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;

const pageQuery = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  q: z.string().max(200).default('').describe('Words of the title, the presenter or of what was said'),
  sort: z.enum(RECORDING_SORTS).default('newest'),
});
const byId = z.object({ id: recordingId });
const titleBody = z.object({ title: recordingTitle });

/** Recording, as the field's clients ask for it (/record), and what has been recorded (/api/recordings). */
export async function recordingRoutes(
  app: FastifyInstance,
  { settings, sessions, recordings }: RecordingRouteDependencies,
): Promise<void> {
  await withFiles(app, (scope) => {
    recordRoutes(scope, { settings, sessions, recordings });
    if (recordings) libraryRoutes(scope, recordings);
  });
}

function recordRoutes(app: FastifyInstance, { settings, sessions, recordings }: RecordingRouteDependencies): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.post(
    '/record',
    {
      schema: {
        summary: 'Start or end a recording; the end is answered when the file is playable',
        tags: ['recording'],
        body: controlBodies({ push: isPushMode(settings) }).record,
        response: { 200: recordReply, ...failures },
      },
    },
    async ({ body: { sessionid, type } }) => {
      const session = sessions.get(sessionid);
      if (!session) {
        throw new HeraldError(
          'refused',
          `Session not found: ${sessionid}. Use the sessionid that /offer answered with`,
        );
      }
      if (type === 'end_record') {
        return { ...OK, data: 'ok' as const, file: await session.endRecording() };
      }
      await session.startRecording();
      return { ...OK, data: 'ok' as const };
    },
  );

  routes.get(
    '/record/:sessionid',
    {
      schema: {
        summary: "A session's last recording, as video/mp4 (video/webm where its viewer took VP8)",
        tags: ['recording'],
        params: z.object({ sessionid: sessionId }),
        response: failures,
      },
    },
    async ({ params: { sessionid } }, reply) => {
      const live = sessions.get(sessionid) !== undefined;
      const file = await recordings?.lastOf(sessionid, { live });
      if (!file) throw new HeraldError('not-found', `session ${sessionid} has no finished recording: POST /record`);
      return sendMedia(reply as unknown as FastifyReply, file);
    },
  );
}

function libraryRoutes(app: FastifyInstance, recordings: RecordingLibrary): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['recording'];
  routes.get(
    '/api/recordings',
    {
      schema: {
        summary: 'What has been recorded: newest first unless asked otherwise, all of it or what a search finds',
        tags,
        querystring: pageQuery,
        response: { 200: recordingsReply, ...failures },
      },
    },
    async ({ query }) => {
      const { offset, limit } = query;
      return { code: 0 as const, data: { ...(await recordings.list(query)), offset, limit } };
    },
  );
  routes.get(
    '/api/recordings/:id',
    {
      schema: {
        summary: 'A recording, with what was said in it and when',
        tags,
        params: byId,
        response: { 200: recordingReply, ...failures },
      },
    },
    async ({ params }) => ({ code: 0 as const, data: await recordings.get(params.id) }),
  );
  routes.patch(
    '/api/recordings/:id',
    {
      schema: {
        summary: 'Give it a title; downloads are named by it',
        tags,
        params: byId,
        body: titleBody,
        response: { 200: closeReply, ...failures },
      },
    },
    async ({ params, body }) => {
      await recordings.rename(params.id, body.title);
      return OK;
    },
  );
  routes.delete(
    '/api/recordings/:id',
    {
      schema: {
        summary: "Delete it; in the desktop app it goes to the system's trash",
        tags,
        params: byId,
        response: { 200: closeReply, ...failures },
      },
    },
    async ({ params }) => {
      await recordings.delete(params.id);
      return OK;
    },
  );
  routes.get(
    '/api/recordings/:id/file',
    { schema: { summary: 'The file itself; Range is supported', tags, params: byId, response: failures } },
    async ({ params }, reply) => sendMedia(reply as unknown as FastifyReply, await recordings.file(params.id)),
  );
  routes.get(
    '/api/recordings/:id/thumbnail',
    { schema: { summary: 'Its first picture, as a small JPEG', tags, params: byId, response: failures } },
    async ({ params }, reply) => {
      const jpeg = await recordings.thumbnail(params.id);
      // The first picture of a recording never changes.
      return (reply as unknown as FastifyReply)
        .header('cache-control', 'private, max-age=86400')
        .type('image/jpeg')
        .send(jpeg);
    },
  );
  for (const [ending, type, write] of SUBTITLE_FORMATS) {
    routes.get(
      `/api/recordings/:id/subtitles.${ending}`,
      { schema: { summary: `What was said in it, as .${ending}`, tags, params: byId, response: failures } },
      async ({ params }, reply) => {
        const { turns } = await recordings.get(params.id);
        return (reply as unknown as FastifyReply).type(type).send(write(cuesOf(turns)));
      },
    );
  }
}
