import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/**
 * Only our own scripts run; pictures and sound may also come from memory (blob:) and from a peer (mediastream:). Inline styles
 * are allowed for the component library and for /docs; there is no inline script anywhere.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob: mediastream:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/**
 * File names under which users of LiveTalking and ZJ-SHUZIREN have bookmarked their pages, and what does the same here. The one
 * that only watched a push shows the clean feed.
 */
export const COMPATIBLE_PAGES: Readonly<Record<string, string>> = {
  '/index.html': '/',
  '/page-asr-new.html': '/',
  '/webrtcapi.html': '/',
  '/echoapi.html': '/',
  '/dashboard.html': '/',
  '/avatar.html': '/',
  '/admin.html': '/',
  '/rtcpushapi.html': '/stage',
};

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Herald</title>
<p>Herald's server is running, but its page has not been built. Run <code>npm run build</code>, then start Herald again.</p>
<p>The API is described at <a href="/docs">/docs</a>.</p></html>
`;

/** Headers for every reply. The referrer is withheld because the address may hold the token. */
export function sendSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });
}

/** The studio page at `/`, from its build; without one, a page that says how to make it. */
export async function servePage(app: FastifyInstance, rendererDir: string): Promise<void> {
  await app.register(async (pages) => {
    makeRoutesPublic(pages);
    for (const [bookmark, page] of Object.entries(COMPATIBLE_PAGES)) {
      pages.get(bookmark, { schema: { hide: true } }, async ({ url }, reply) => {
        const query = url.indexOf('?');
        // 302, not 301: a browser would never ask for the bookmark again, whatever it leads to one day.
        return reply.redirect(query < 0 ? page : page + url.slice(query), 302);
      });
    }
    if (!existsSync(join(rendererDir, 'index.html'))) {
      pages.get('/', { schema: { hide: true } }, async (_request, reply) =>
        reply.type('text/html; charset=utf-8').send(NOT_BUILT),
      );
      return;
    }
    pages.addHook('onSend', async (request, reply, payload) => {
      // The bundler puts a hash of the content into every name below assets/.
      const immutable = request.url.startsWith('/assets/') && reply.statusCode < 400;
      reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      return payload;
    });
    await pages.register(fastifyStatic, { root: rendererDir, cacheControl: false, schemaHide: true });
    // With and without a slash at its end: its files are named relative to the root, which both are one level below.
    pages.get('/stage', { schema: { hide: true } }, async (_request, reply) => reply.sendFile('stage/index.html'));
  });
}

/** Marks every route that is registered on this instance from now on as free of the token (guard.ts). */
export function makeRoutesPublic(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, publicRoute: true };
  });
}
