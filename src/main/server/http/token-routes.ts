import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { closeReply, failureReply } from '../../../shared/protocol';
import { newTokenReply, tokenBody, tokenName, tokensReply } from '../../../shared/server-protocol';
import { HeraldError } from '../errors';
import { isOwnPageOrHolder } from './caller';
import { failing, OK } from './replies';
import { TokenBook } from './token-book';
import type { Tokens } from './tokens';

const failures = failing(400);

/** Who holds which token; to give one out and to take it back. Without a book to keep them in there are no such routes. */
export function tokenRoutes(app: FastifyInstance, tokens: Tokens): void {
  if (!(tokens instanceof TokenBook)) return;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/api/tokens',
    {
      schema: {
        summary: 'Tokens that were given out, and those that QR codes carry',
        tags: ['admin'],
        response: { 200: tokensReply, ...failures },
      },
    },
    async (request) => {
      assertOwn(request);
      return { code: 0 as const, data: { tokens: tokens.list(), links: tokens.links } };
    },
  );
  routes.post(
    '/api/tokens',
    {
      schema: {
        summary: 'Make a token; it is told this once',
        tags: ['admin'],
        body: tokenBody,
        response: { 200: z.union([newTokenReply, failureReply]), ...failures },
      },
    },
    async (request) => {
      assertOwn(request);
      const { name, scope } = request.body;
      return { code: 0 as const, data: { name, scope, token: await tokens.add(name, scope) } };
    },
  );
  routes.delete(
    '/api/tokens/:name',
    {
      schema: {
        summary: 'Revoke a token: from now on it opens nothing',
        tags: ['admin'],
        params: z.object({ name: tokenName }),
        response: { 200: closeReply, ...failures },
      },
    },
    async (request) => {
      assertOwn(request);
      const { name } = request.params;
      return (await tokens.revoke(name)) ? OK : { code: -1 as const, msg: `there is no token called "${name}"` };
    },
  );
}

function assertOwn(request: FastifyRequest): void {
  if (isOwnPageOrHolder(request)) return;
  throw new HeraldError(
    'unauthorised',
    "Tokens are shown and made on Herald's own page on this machine, or with the admin token: send the header " +
      '"Authorization: Bearer TOKEN". The token stands in the log at start.',
  );
}
