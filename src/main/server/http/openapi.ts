import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { makeRoutesPublic } from './page';

/** /openapi.json and /docs, made from the schemas of the routes. Register before them. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Herald',
        version,
        description:
          'A presenter that speaks, over HTTP and WebRTC; clients of ZJ-SHUZIREN and LiveTalking work unchanged. Failures are ' +
          '`{"code": -1, "msg": "..."}`. Calls from outside this machine and LAN need the token.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(async (docs) => {
    makeRoutesPublic(docs);
    await docs.register(fastifySwaggerUi, { routePrefix: '/docs', uiConfig: { persistAuthorization: true } });
    docs.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
}
