import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { closeReply, failureReply } from '../../../shared/protocol';
import { subtitlesOf } from '../clips/captions';
import { clipChoices, onlyOne } from '../clips/job';
import type { ClipLibrary } from '../clips/library';
import { parseScript, remoteScript, type ScriptStep, scriptOf } from '../clips/script';
import { appRoot } from '../entries';
import { HeraldError } from '../errors';
import { JOB_ID } from '../job-queue';
import { toSrt, toVtt } from '../recordings/subtitles';
import { MAX_BODY_BYTES } from './body';
import { sendMedia } from './recording-routes';

const failures = {
  400: failureReply,
  401: failureReply,
  403: failureReply,
  404: failureReply,
  413: failureReply,
  429: failureReply,
  500: failureReply,
  503: failureReply,
};

export const jobId = z.string().regex(JOB_ID, { error: 'not an id that was given out' });
const byId = z.object({ id: jobId });
export const addedReply = z.object({ code: z.literal(0), msg: z.literal('ok'), data: z.object({ id: z.string() }) });

const clipBody = clipChoices.extend({
  text: z.string().max(MAX_BODY_BYTES).optional().describe('What to say'),
  script: z
    .union([z.string().max(MAX_BODY_BYTES), remoteScript])
    .optional()
    .describe('Lines with [pause 1.5], [voice NAME], [mode still]; or a list of texts, {say, voice}, {pause}, {mode}'),
});

export const jobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']);
const clipView = z.object({
  id: z.string(),
  state: jobState,
  progress: z.number().describe('0 to 1'),
  createdAt: z.string(),
  title: z.string(),
  avatar: z.string(),
  durationMs: z.number().optional(),
  bytes: z.number().optional(),
  widthPx: z.number().optional(),
  heightPx: z.number().optional(),
  problem: z.string().optional(),
  warnings: z.array(z.string()),
});
const clipReply = z.object({ code: z.literal(0), data: clipView });
const clipsReply = z.object({ code: z.literal(0), data: z.object({ clips: z.array(clipView) }) });

const OK = { code: 0, msg: 'ok' } as const;

/** Clips: a text or script in, an MP4 out, without a viewer. */
export async function clipRoutes(app: FastifyInstance, { clips }: { clips?: ClipLibrary }): Promise<void> {
  if (!clips) return;
  await app.register(async (scope) => {
    await scope.register(fastifyStatic, { root: appRoot, serve: false, cacheControl: false });
    routesOf(scope, clips);
  });
}

function routesOf(app: FastifyInstance, clips: ClipLibrary): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['clips'];
  routes.post(
    '/api/clips',
    {
      schema: {
        summary: 'Make a clip; it waits for the ones before it',
        tags,
        body: clipBody,
        response: { 200: addedReply, ...failures },
      },
    },
    async ({ body: { text, script, ...choices } }) => {
      const source = onlyOne({ text, script }, ['text', 'script'], 'what to say');
      const steps = source === 'text' ? said(text!) : typeof script === 'string' ? remote(script) : scriptOf(script!);
      return { ...OK, data: { id: clips.add({ script: steps, ...choices }) } };
    },
  );
  routes.get(
    '/api/clips',
    { schema: { summary: 'Clips, newest first', tags, response: { 200: clipsReply, ...failures } } },
    async () => ({ code: 0 as const, data: { clips: await clips.list() } }),
  );
  routes.get(
    '/api/clips/:id',
    { schema: { summary: 'How far a clip is', tags, params: byId, response: { 200: clipReply, ...failures } } },
    async ({ params }) => ({ code: 0 as const, data: await clips.view(params.id) }),
  );
  routes.get(
    '/api/clips/:id/file',
    { schema: { summary: 'The finished clip; Range is supported', tags, params: byId, response: failures } },
    async ({ params }, reply) => {
      const { path, sidecar } = await clips.file(params.id);
      return sendMedia(reply as unknown as FastifyReply, { path, contentType: 'video/mp4', title: sidecar.title });
    },
  );
  for (const [ending, type, write] of [
    ['srt', 'application/x-subrip; charset=utf-8', toSrt],
    ['vtt', 'text/vtt; charset=utf-8', toVtt],
  ] as const) {
    routes.get(
      `/api/clips/:id/subtitles.${ending}`,
      { schema: { summary: `What is said in it, as .${ending}`, tags, params: byId, response: failures } },
      async ({ params }, reply) => {
        const { sidecar } = await clips.file(params.id);
        return (reply as unknown as FastifyReply).type(type).send(write(subtitlesOf(sidecar.sentences)));
      },
    );
  }
  routes.delete(
    '/api/clips/:id',
    {
      schema: {
        summary: 'Stop making it, or delete it for good',
        tags,
        params: byId,
        response: { 200: closeReply, ...failures },
      },
    },
    async ({ params }) => {
      await clips.remove(params.id);
      return OK;
    },
  );
}

function said(text: string): ScriptStep[] {
  if (text.trim() === '') throw new HeraldError('malformed', 'text: empty; send the words to be spoken');
  return [{ kind: 'say', text }];
}

/** Whoever may send a script is not whoever owns this machine: its files are not to be named. */
function remote(script: string): ScriptStep[] {
  const steps = parseScript(script);
  if (steps.some(({ kind }) => kind === 'audio')) {
    throw new HeraldError('malformed', 'script: [audio] names a file of this machine; only npm run clip may do that');
  }
  return steps;
}
