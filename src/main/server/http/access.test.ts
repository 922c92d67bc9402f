import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ACCESS_TABLE, accessOf, includes, rowOf } from './access';

/**
 * Every route that a file of this folder registers. Read from the source, so that a route which a test's server does not have
 * (no ffmpeg, no model, ...) cannot be forgotten; ids in templates become `:x`.
 */
function registeredRoutes(): [file: string, method: string, url: string][] {
  const found: [string, string, string][] = [];
  for (const file of readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.ts') && !name.includes('.test.'),
  )) {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8');
    const calls = source.matchAll(
      /\b(?:app|routes|scope|docs|pages|typed)\.(get|post|put|patch|delete)\(\s*(['"`])([^'"`]+)\2/g,
    );
    for (const [, method = '', , url = ''] of calls)
      found.push([file, method.toUpperCase(), url.replace(/\$\{[^}]*\}/g, ':x')]);
    for (const [, method = '', url = ''] of source.matchAll(/\['(GET|POST|PUT|PATCH|DELETE)', '(\/[^']*)'\]/g)) {
      found.push([file, method, url]);
    }
  }
  return found;
}

it('has a row for every route', () => {
  const routes = registeredRoutes();
  expect(routes.map(([, method, url]) => `${method} ${url}`)).toEqual(
    expect.arrayContaining([
      'POST /offer',
      'DELETE /api/sessions/:sessionid',
      'GET /api/recordings/:id/subtitles.:x',
      'GET /',
    ]),
  );
  const missing = routes.filter(([, method, url]) => rowOf(method, url) === undefined);
  expect(missing, 'say in ACCESS_TABLE (access.ts) who may call these').toEqual([]);
});

it('asks for control wherever something is made to happen', () => {
  const harmless = ['/offer', '/is_speaking'];
  for (const [file, method, url] of registeredRoutes()) {
    if (method === 'GET' || harmless.includes(url) || url.startsWith('/whep')) continue;
    expect(includes(accessOf(method, url).scope, 'control'), `${file}: ${method} ${url}`).toBe(true);
  }
});

it('asks for the highest where no row says otherwise, and for the server itself', () => {
  for (const [method, url] of [
    ['POST', '/anything'],
    ['GET', '/secrets'],
    ['PATCH', '/api/settings'],
    ['POST', '/api/tokens'],
    ['DELETE', '/api/avatars/:id'],
    ['GET', '/api/diagnostics'],
  ] as const) {
    expect(accessOf(method, url).scope, `${method} ${url}`).toBe('admin');
  }
});

it('treats HEAD as GET, and a trailing slash as nothing', () => {
  expect(accessOf('HEAD', '/api/health')).toEqual(accessOf('GET', '/api/health'));
  expect(accessOf('GET', '/sse/')).toEqual(accessOf('GET', '/sse'));
});

it('has no row that an earlier one hides', () => {
  ACCESS_TABLE.forEach(([method, path, access], index) => {
    const example = path.replace(/\*$/, 'x');
    const hidden =
      method !== '*' && ACCESS_TABLE.slice(0, index).find(([m, p]) => (m === method || m === '*') && p === path);
    expect(hidden, `${method} ${example} ${JSON.stringify(access)}`).toBeFalsy();
  });
});
