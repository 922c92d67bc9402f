import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { voicePreviewBody } from '../../../shared/library-protocol';
import { failureReply } from '../../../shared/protocol';
import { previewVoice } from '../tts/preview';
import type { Tts } from '../tts/tts';
import { Turns } from '../turns';
import { whileClientWaits } from './lifetime';
import { failing } from './replies';

/** A model of 300 MB is loaded in it, where it has to be. */
const PREVIEW_LIMIT_MS = 20_000;
/** Whoever listens to one voice after another leaves the one before in the middle: the next may be there before it has ended. */
const MAX_WAITING = 3;

/** A few words in a voice, apart from any session. */
export function previewRoutes(
  app: FastifyInstance,
  { tts, limitMs = PREVIEW_LIMIT_MS }: { tts: Tts | undefined; limitMs?: number },
): void {
  if (!tts) return;
  const turns = new Turns(MAX_WAITING);
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/voices/preview',
    {
      schema: {
        summary: 'Hear a few words in a voice, as audio/wav',
        tags: ['voices'],
        body: voicePreviewBody,
        response: { 200: failureReply, ...failing(400, 503) },
      },
    },
    async ({ body }, given) => {
      const reply = given as unknown as FastifyReply;
      const wav = await whileClientWaits(reply, limitMs, (signal) =>
        turns.take(signal, () => previewVoice(tts, body, signal)),
      );
      return reply.type('audio/wav').header('cache-control', 'no-store').send(wav) as never;
    },
  );
}
