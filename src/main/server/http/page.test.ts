import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMPATIBLE_PAGES, sendSecurityHeaders, servePage } from './page';

let dir: string;
let app: FastifyInstance;
let publicRoutes: string[];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald-page-'));
  mkdirSync(join(dir, 'stage'));
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), '<title>studio</title>');
  writeFileSync(join(dir, 'stage', 'index.html'), '<title>feed</title>');
  writeFileSync(join(dir, 'assets', 'x-1234.js'), '0');
  app = await serve(dir);
});
afterEach(async () => {
  await app.close();
  rmSync(dir, { recursive: true });
});

async function serve(rendererDir: string): Promise<FastifyInstance> {
  const server = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  publicRoutes = [];
  server.addHook('onRequest', async ({ routeOptions }) => {
    if (routeOptions.config?.publicRoute) publicRoutes.push(String(routeOptions.url));
  });
  sendSecurityHeaders(server);
  await servePage(server, rendererDir);
  return server;
}
const get = (url: string) => app.inject({ method: 'GET', url });

describe('bookmarks of the peers', () => {
  it.each(Object.entries(COMPATIBLE_PAGES))('%s leads to %s with its query', async (bookmark, page) => {
    for (const query of ['', '?sessionid=0&token=a%2Fb&x=%E4%BD%A0']) {
      const reply = await get(bookmark + query);
      expect([reply.statusCode, reply.headers.location]).toEqual([302, page + query]);
    }
    // A browser has to get there before it can send a token.
    expect(publicRoutes).toEqual([bookmark, bookmark]);
  });

  it('are all that the product names', () => {
    expect(Object.keys(COMPATIBLE_PAGES).sort()).toEqual(
      ['admin', 'avatar', 'dashboard', 'echoapi', 'index', 'page-asr-new', 'rtcpushapi', 'webrtcapi'].map(
        (name) => `/${name}.html`,
      ),
    );
  });

  it('lead nowhere else, whatever the query holds', async () => {
    for (const query of ['?//evil.example', '?\\evil.example', '?x=//evil.example/%0d%0aset-cookie:a']) {
      const location = (await get(`/index.html${query}`)).headers.location;
      expect(new URL(String(location), 'http://herald.test').origin).toBe('http://herald.test');
    }
  });

  it('work before the page has been built', async () => {
    await app.close();
    app = await serve(join(dir, 'nothing'));
    expect((await get('/echoapi.html')).headers.location).toBe('/');
    expect((await get('/')).body).toContain('npm run build');
  });
});

describe('the clean feed', () => {
  it.each(['/stage', '/stage/', '/stage?sessionid=123456&bg=chroma'])('is at %s', async (url) => {
    const reply = await get(url);
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toContain('feed');
    expect(reply.headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': expect.stringMatching(/html/) });
  });
});

it('keeps what has a hash in its name', async () => {
  expect((await get('/')).body).toContain('studio');
  expect((await get('/assets/x-1234.js')).headers['cache-control']).toContain('immutable');
});
