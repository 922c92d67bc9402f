import { createReadStream } from 'node:fs';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { createLogger } from '../log';
import { replyWithError } from './failures';
import { withFiles } from './media';

it('a file that is deleted between being found and being opened is 404; what else fails is 500 as before', async () => {
  const app = Fastify();
  app.setErrorHandler((error, request, reply) => replyWithError(error, request, reply, createLogger('silent')));
  await withFiles(app, (scope) => {
    scope.get('/gone', (_request, reply) => reply.type('video/mp4').send(createReadStream('/no/such/film.mp4')));
    scope.get('/broken', async () => {
      throw new Error('a fault of ours');
    });
  });
  const gone = await app.inject('/gone');
  expect([gone.statusCode, gone.json()]).toEqual([404, { code: -1, msg: 'the file was deleted a moment ago' }]);
  expect((await app.inject('/broken')).statusCode).toBe(500);
  await app.close();
});
