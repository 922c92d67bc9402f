import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { catalogueAction, catalogueReply, catalogueVoiceReply } from '../../../shared/library-protocol';
import { closeReply } from '../../../shared/protocol';
import { alsoTold } from '../../../shared/told';
import type { VoiceDownloads } from '../tts/local/downloads';
import { failing, OK } from './replies';

export interface CatalogueRouteDependencies {
  downloads: Pick<VoiceDownloads, 'list' | 'start' | 'pause' | 'remove'>;
  /** Address of the host that voices come from. */
  host(): string;
  /** What keeps them from speaking here. */
  problem(): string | undefined;
}

const failures = failing(400, 404);
const byName = z.object({ name: z.string().max(100) });

/** Voices to download, and how far they are. */
export function catalogueRoutes(app: FastifyInstance, options: CatalogueRouteDependencies | undefined): void {
  if (!options) return;
  const { downloads, host, problem } = options;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['voices'];
  routes.get(
    '/api/voices/catalogue',
    {
      schema: {
        summary: 'Voices to download, and how far they are',
        tags,
        response: { 200: catalogueReply, ...failures },
      },
    },
    async () => {
      const why = problem();
      const voices = await downloads.list();
      return {
        code: 0 as const,
        data: { voices, host: new URL(host()).host, ...(why && { problem: why, ...alsoTold(why) }) },
      };
    },
  );
  routes.post(
    '/api/voices/catalogue/:name',
    {
      schema: {
        summary: 'Download a voice, pause it, or go on with it; they come one after another',
        tags,
        params: byName,
        body: catalogueAction,
        response: { 200: catalogueVoiceReply, ...failures },
      },
    },
    async ({ params: { name }, body: { action } }) => {
      const data = await (action === 'pause' ? downloads.pause(name) : downloads.start(name));
      return { code: 0 as const, data };
    },
  );
  routes.delete(
    '/api/voices/catalogue/:name',
    {
      schema: {
        summary: 'Remove an installed voice, or what has come of one',
        tags,
        params: byName,
        response: { 200: closeReply, ...failures },
      },
    },
    async ({ params: { name } }) => {
      await downloads.remove(name);
      return OK;
    },
  );
}
