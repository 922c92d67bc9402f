import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ServerMetrics } from '../metrics/prometheus';
import { failing } from './replies';

const failures = failing();

export interface MetricsRouteDependencies {
  metrics?: ServerMetrics;
  diagnostics?: () => Record<string, unknown>;
}

const diagnosticsReply = z.object({ code: z.literal(0), data: z.record(z.string(), z.unknown()) });

/** What monitoring reads, and what is sent along with a question. Counts every reply of the server, so it comes before other routes. */
export function metricsRoutes(app: FastifyInstance, { metrics, diagnostics }: MetricsRouteDependencies): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  if (metrics) {
    app.addHook('onResponse', async (request, reply) => {
      metrics.httpReplied(request.access?.class ?? 'read', reply.statusCode, reply.elapsedTime);
    });
    routes.get(
      '/metrics',
      {
        schema: {
          summary: 'Figures for Prometheus',
          tags: ['admin'],
          response: { 200: z.string().describe('Text exposition format'), ...failures },
        },
        serializerCompiler: () => (data) => String(data),
      },
      async (_request, reply) => {
        const { registry } = metrics;
        const text = await registry.metrics();
        return (reply as unknown as FastifyReply).type(registry.contentType).send(text);
      },
    );
  }
  if (diagnostics) {
    routes.get(
      '/api/diagnostics',
      {
        schema: {
          summary:
            'Versions, settings without secrets, health and the last lines of the log, to send along with a question',
          tags: ['admin'],
          response: { 200: diagnosticsReply, ...failures },
        },
      },
      async () => ({ code: 0 as const, data: diagnostics() }),
    );
  }
}
