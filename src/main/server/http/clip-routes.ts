import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { addedReply, clipReply, clipsReply, closeReply } from '../../../shared/protocol';
import { subtitlesOf } from '../clips/captions';
import { clipChoices, onlyOne } from '../clips/job';
import type { ClipLibrary } from '../clips/library';
import { parseScript, remoteScript, type ScriptStep, scriptOf } from '../clips/script';
import { HeraldError } from '../errors';
import { JOB_ID } from '../job-queue';
import { MAX_BODY_BYTES } from './body';
import { SUBTITLE_FORMATS, sendMedia, withFiles } from './media';
import { failing, OK } from './replies';

const failures = failing(400, 404, 413, 503);

export const jobId = z.string().regex(JOB_ID, { error: 'not an id that was given out' });
const byId = z.object({ id: jobId });

const clipBody = clipChoices.extend({
  text: z.string().max(MAX_BODY_BYTES).optional().describe('What to say'),
  script: z
    .union([z.string().max(MAX_BODY_BYTES), remoteScript])
    .optional()
    .describe('Lines with [pause 1.5], [voice NAME], [mode still]; or a list of texts, {say, voice}, {pause}, {mode}'),
});

/** Clips: a text or script in, an MP4 (or a WebM with alpha) out, without a viewer. */
export async function clipRoutes(app: FastifyInstance, { clips }: { clips?: ClipLibrary }): Promise<void> {
  if (!clips) return;
  await withFiles(app, (scope) => routesOf(scope, clips));
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
    {
      schema: {
        summary: 'The finished clip, video/mp4 or, with alpha, video/webm; Range is supported',
        tags,
        params: byId,
        response: failures,
      },
    },
    async ({ params }, reply) => {
      const { path, sidecar } = await clips.file(params.id);
      return sendMedia(reply as unknown as FastifyReply, {
        path,
        contentType: sidecar.transparent ? 'video/webm' : 'video/mp4',
        title: sidecar.title,
      });
    },
  );
  for (const [ending, type, write] of SUBTITLE_FORMATS) {
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
