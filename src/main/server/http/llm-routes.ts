import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { modelsReply } from '../../../shared/protocol';
import type { Llm } from '../llm/llm';
import { ProviderError } from '../provider-error';
import { whileClientWaits } from './lifetime';
import { failing } from './replies';

const failures = failing();

const MODELS_LIMIT_MS = 8_000;

export interface LlmRouteDependencies {
  /** Undefined where no model is configured: then `problem` says what to do. */
  llm?: Llm;
  problem?: string;
}

/** What the panel asks about the language model. */
export function llmRoutes(app: FastifyInstance, chat: LlmRouteDependencies): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/llm/models',
    {
      schema: {
        summary: 'Models that the configured endpoint offers',
        tags: ['admin'],
        response: { 200: modelsReply, ...failures },
      },
    },
    async (_request, reply) => {
      // Read now: settings may name another model while the server runs.
      const { llm, problem } = chat;
      if (!llm) return { code: -1 as const, msg: problem ?? 'no language model is configured' };
      try {
        const models = await whileClientWaits(reply, MODELS_LIMIT_MS, (signal) => llm.models(signal));
        return { code: 0 as const, data: { provider: llm.name, models } };
      } catch (error) {
        if (error instanceof ProviderError) return { code: -1 as const, msg: error.message };
        throw error;
      }
    },
  );
}
