import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  closeReply,
  failureReply,
  openedReply,
  outputBody,
  outputReply,
  outputsReply,
  sessionBody,
  sessionId,
} from '../../../shared/protocol';
import { HeraldError } from '../errors';
import type { SessionDirectory, SessionHandle } from '../session/api';
import { whileClientWaits } from './lifetime';
import { failing, OK } from './replies';

const OPEN_LIMIT_MS = 30_000;
const failures = failing(400);
const ofSession = z.object({ sessionid: sessionId });
const ofOutput = ofSession.extend({ output: z.string().max(64).describe('`id` of the output') });

/** Sessions that nobody watches, and the places elsewhere that a session is sent to while it runs. */
export function outputRoutes(app: FastifyInstance, { sessions }: { sessions: SessionDirectory }): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  const sessionOf = (id: number): SessionHandle => {
    const session = sessions.get(id);
    if (!session) throw new HeraldError('refused', `Session not found: ${id}. /api/admin/sessions lists them`);
    return session;
  };

  routes.post(
    '/api/sessions',
    {
      schema: {
        summary: 'Start a session without a viewer: to record it, or to send it elsewhere',
        tags: ['session'],
        body: sessionBody,
        response: { 200: openedReply, ...failures, 503: failureReply },
      },
    },
    async ({ body: { avatar, voice, bitrateKbps, record, background } }, reply) => {
      const sessionid = await whileClientWaits(reply, OPEN_LIMIT_MS, (signal) =>
        sessions.open({
          signal,
          record,
          ...(avatar && { avatar }),
          ...(background && { background }),
          ...(voice && { voice: { voice } }),
          ...(bitrateKbps && { videoBitrateBps: bitrateKbps * 1_000 }),
        }),
      );
      return { ...OK, sessionid };
    },
  );

  routes.post(
    '/api/sessions/:sessionid/outputs',
    {
      schema: {
        summary: 'Send a session to an RTMP or WHIP server, or into a virtual camera, too',
        tags: ['output'],
        params: ofSession,
        body: outputBody,
        response: { 200: outputReply, ...failures },
      },
    },
    async ({ params, body }) => {
      const where =
        body.kind === 'camera' ? { url: body.device } : { url: body.url, ...(body.token && { token: body.token }) };
      const data = await sessionOf(params.sessionid).outputs.add({ kind: body.kind, ...where });
      return { ...OK, data };
    },
  );

  routes.get(
    '/api/sessions/:sessionid/outputs',
    {
      schema: {
        summary: 'Where a session is sent, and how that goes',
        tags: ['output'],
        params: ofSession,
        response: { 200: outputsReply, ...failures },
      },
    },
    async ({ params }) => ({ code: 0 as const, data: { outputs: sessionOf(params.sessionid).outputs.list() } }),
  );

  routes.delete(
    '/api/sessions/:sessionid/outputs/:output',
    {
      schema: {
        summary: 'Stop sending a session there',
        tags: ['output'],
        params: ofOutput,
        response: { 200: closeReply, ...failures },
      },
    },
    async ({ params }) => {
      if (await sessionOf(params.sessionid).outputs.remove(params.output)) return OK;
      throw new HeraldError('refused', `No such output: ${params.output}`);
    },
  );
}
