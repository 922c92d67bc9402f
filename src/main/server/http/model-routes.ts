import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { mouthModelsReply } from '../../../shared/library-protocol';
import { closeReply } from '../../../shared/protocol';
import type { MouthLibrary } from '../mouth/library';
import type { MouthStatus } from '../mouth/mouth';
import { failing, OK } from './replies';

export interface ModelRouteDependencies {
  library: Pick<MouthLibrary, 'list' | 'remove'>;
  mouth: { status(): Pick<MouthStatus, 'instead'> };
}

const failures = failing(400, 404);

/** Mouth models to choose from with the setting `model`. */
export function modelRoutes(app: FastifyInstance, options: ModelRouteDependencies | undefined): void {
  if (!options) return;
  const { library, mouth } = options;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['admin'];
  routes.get(
    '/api/models',
    {
      schema: {
        summary: 'Mouth models that the setting `model` can name, and which of them draws now',
        tags,
        response: { 200: mouthModelsReply, ...failures },
      },
    },
    async () => {
      const models = await library.list();
      const { instead } = mouth.status();
      return { code: 0 as const, data: { models, ...(instead && { instead }) } };
    },
  );
  routes.delete(
    '/api/models/:id',
    {
      schema: {
        summary: 'Delete an imported model, and what was made of it',
        tags,
        params: z.object({ id: z.string().max(500) }),
        response: { 200: closeReply, ...failures },
      },
    },
    async ({ params }) => {
      await library.remove(params.id);
      return OK;
    },
  );
}
