import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  app,
  form,
  get,
  ID,
  logged,
  PUBLIC,
  post,
  postText,
  servedAnew,
  sessions,
  start,
} from '../../../../testing/http-app';
import { TOKEN } from '../../../../testing/http-server';
import { configReply, healthReply, sessionsReply } from '../../../shared/protocol';

servedAnew();

describe('bodies', () => {
  it.each(['{not json', 'x', '{"sessionid":1,}'])('refuses %j as not JSON', async (body) => {
    const reply = await postText('/is_speaking', body);
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toEqual({ code: -1, msg: expect.stringContaining('not JSON') });
  });

  it.each(['', '[]', '"text"', '5', 'null'])('refuses the body %j', async (body) => {
    const reply = await postText('/is_speaking', body);
    expect([reply.statusCode, reply.json()]).toEqual([400, { code: -1, msg: 'the body must be one JSON object' }]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8', 'nonsense/type'])(
    'reads JSON of type %s',
    async (type) => {
      sessions.add(ID);
      const reply = await postText('/is_speaking', `\uFEFF{"sessionid":${ID}}`, type);
      expect(reply.json()).toMatchObject({ code: 0 });
    },
  );

  it('is not poisoned by __proto__', async () => {
    sessions.add(ID);
    const reply = await postText('/is_speaking', `{"sessionid":${ID},"__proto__":{"polluted":1}}`);
    expect(reply.statusCode).toBe(200);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('refuses multipart on a JSON route', async () => {
    const { body, type } = form({ name: 'sessionid', value: String(ID) });
    expect((await post('/human', body, { 'content-type': type })).statusCode).toBe(400);
  });
});

describe('admin', () => {
  it('shows health, sessions and settings without secrets', async () => {
    await start({ llm_api_key: 'sk-very-secret', turn_password: 'hush-hush', push_url: 'rtmp://host/live/stream-key' });
    sessions.add(ID);
    const health = await get('/api/health');
    expect(healthReply.parse(health.json()).data).toEqual({ version: '0.0.0', mouth: { provider: 'cpu' } });
    const listed = sessionsReply.parse((await get('/api/admin/sessions')).json());
    expect(listed.data.sessions).toMatchObject([{ sessionid: ID }]);
    const config = await get('/api/admin/config');
    expect(configReply.parse(config.json()).data.config).toMatchObject({
      listenport: 8010,
      llm_api_key: '(set)',
      turn_password: '(set)',
      token: '(not set)',
    });
    for (const secret of [TOKEN, 'sk-very-secret', 'hush-hush', 'stream-key'])
      expect(config.body).not.toContain(secret);
  });
});

describe('refusals', () => {
  it('asks callers from outside for the token, readably for pages', async () => {
    const refused = await get('/api/health', { remoteAddress: PUBLIC });
    expect(refused.statusCode).toBe(401);
    expect(refused.json()).toEqual({ code: -1, msg: expect.stringContaining('Authorization: Bearer TOKEN') });
    expect(refused.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'www-authenticate': 'Bearer realm="Herald"',
    });
    expect((await get(`/api/health?token=${TOKEN}`, { remoteAddress: PUBLIC })).statusCode).toBe(200);
    const bearer = { authorization: `Bearer ${TOKEN}`, origin: 'https://kiosk.example' };
    expect((await get('/api/health', { remoteAddress: PUBLIC, headers: bearer })).statusCode).toBe(200);
    expect((await get('/api/health', { headers: { origin: 'https://evil.example' } })).statusCode).toBe(401);
    expect((await get('/api/health', { headers: { 'x-forwarded-for': '127.0.0.1' } })).statusCode).toBe(401);
    expect((await get('/nothing', { remoteAddress: PUBLIC })).statusCode).toBe(401);
  });

  it('changes nothing for a page without the token', async () => {
    const session = sessions.add(ID);
    const reply = await post('/human', { sessionid: ID, type: 'echo', text: 'x' }, { origin: 'https://evil.example' });
    expect(reply.statusCode).toBe(401);
    expect(session.calls).toEqual([]);
  });

  it('--require_token asks everyone, but lets the page load', async () => {
    await start({ require_token: true });
    expect((await get('/api/health')).statusCode).toBe(401);
    expect((await get('/')).statusCode).toBe(200);
    expect((await get('/docs')).statusCode).toBe(200);
    expect((await get('/openapi.json')).statusCode).toBe(200);
    expect((await get(`/api/health?token=${TOKEN}`)).statusCode).toBe(200);
  });

  it('--no_auth serves everyone', async () => {
    await start({ no_auth: true });
    const headers = { origin: 'https://evil.example', host: 'rebound.example' };
    expect((await get('/api/health', { headers, remoteAddress: PUBLIC })).statusCode).toBe(200);
  });

  it('refuses a foreign Host', async () => {
    for (const url of ['/', '/api/health', '/docs', '/openapi.json', '/nothing']) {
      const reply = await get(url, { headers: { host: 'evil.example' } });
      expect([url, reply.statusCode, reply.json()]).toEqual([
        url,
        403,
        { code: -1, msg: expect.stringContaining('--allowed_hosts') },
      ]);
    }
    await start({ allowed_hosts: ['avatar.example'] });
    expect((await get('/api/health', { headers: { host: 'avatar.example:8010' } })).statusCode).toBe(200);
  });

  it('answers a preflight of any page', async () => {
    const reply = await app.inject({
      method: 'OPTIONS',
      url: '/human',
      remoteAddress: PUBLIC,
      headers: {
        origin: 'https://kiosk.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
        'access-control-request-private-network': 'true',
      },
    });
    expect(reply.statusCode).toBe(204);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-allow-private-network': 'true',
    });
    expect(reply.headers['access-control-allow-methods']).toContain('DELETE');
  });

  it('answers unknown routes and methods in JSON', async () => {
    for (const [method, url] of [
      ['GET', '/get_audiotype?token=abc'],
      ['GET', '/human'],
      ['PUT', '/offer'],
      ['GET', '/../../etc/passwd'],
      ['GET', '/%2e%2e/%2e%2e/etc/passwd'],
    ] as const) {
      const reply = await app.inject({ method, url });
      expect([url, reply.statusCode, reply.json()]).toEqual([
        url,
        404,
        { code: -1, msg: expect.stringContaining('no such route') },
      ]);
      expect(reply.body).not.toContain('token=');
    }
    const bad = await get('/%zz');
    expect([bad.statusCode, bad.json()]).toMatchObject([400, { code: -1 }]);
  });

  it('keeps the inside of unexpected failures inside', async () => {
    sessions.offerWith = async () => {
      throw new TypeError('secret detail');
    };
    const reply = await post('/offer', { sdp: 'v=0', type: 'offer' });
    expect(reply.statusCode).toBe(500);
    expect(reply.json()).toEqual({ code: -1, msg: expect.stringMatching(/^internal error/) });
    expect(reply.body).not.toContain('secret detail');
    expect(logged).toContain('secret detail');
  });

  it('tells a failure in JSON even where a route has named another type by then', async () => {
    app.get('/vanishes', async (_request, reply) => {
      // Gone between the look at it and its opening, as when the page is being built anew.
      return reply.type('text/html; charset=utf-8').send(createReadStream('/nonexistent/index.html'));
    });
    const reply = await get('/vanishes');
    expect([reply.statusCode, reply.headers['content-type'], reply.json()]).toEqual([
      500,
      'application/json; charset=utf-8',
      { code: -1, msg: expect.stringMatching(/^internal error/) },
    ]);
  });

  it('bounds requests per address; this machine gets at least 200 a second', async () => {
    await start({ rate_limit: 5 });
    const burst = async (count: number, remoteAddress: string) => {
      const limited = [];
      for (let i = 0; i < count; i++) {
        const reply = await get('/api/health', { remoteAddress });
        if (reply.statusCode === 429) limited.push(reply);
      }
      return limited;
    };
    const limited = await burst(8, '192.168.1.9');
    expect(limited).toHaveLength(3);
    expect(limited[0]!.json()).toEqual({ code: -1, msg: expect.stringContaining('--rate_limit') });
    expect(limited[0]!.headers['retry-after']).toBe('1');
    expect(await burst(5, '192.168.1.10')).toHaveLength(0);
    expect(await burst(8, PUBLIC)).toHaveLength(3);
    expect(await burst(200, '127.0.0.1')).toHaveLength(0);
    await start({ rate_limit: 0 });
    expect(await burst(300, '192.168.1.9')).toHaveLength(0);
  });

  it('never logs the token', async () => {
    await get(`/api/health?token=${TOKEN}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(logged).toContain('GET /api/health');
    expect(logged).not.toContain(TOKEN);
  });
});

describe('pages', () => {
  it('says how to build the page when it is not built', async () => {
    const reply = await get('/');
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-type']).toContain('text/html');
    expect(reply.body).toContain('npm run build');
  });

  it('serves the build, strictly', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'herald-page-'));
    try {
      mkdirSync(join(dir, 'assets'));
      writeFileSync(join(dir, 'index.html'), '<!doctype html><title>studio</title>');
      writeFileSync(join(dir, 'assets', 'app-1a2b.js'), 'console.log(1)');
      await start({ require_token: true }, dir);
      const page = await get('/');
      expect([page.statusCode, page.body]).toEqual([200, '<!doctype html><title>studio</title>']);
      expect(page.headers['cache-control']).toBe('no-cache');
      const csp = String(page.headers['content-security-policy']);
      expect(csp).toContain("script-src 'self';");
      expect(csp).toContain("media-src 'self' blob: mediastream:");
      expect(page.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      const asset = await get('/assets/app-1a2b.js');
      expect([asset.statusCode, asset.headers['cache-control']]).toEqual([200, expect.stringContaining('immutable')]);
      const missing = await get(`/assets/nothing.js?token=${TOKEN}`);
      expect([missing.statusCode, missing.json()]).toMatchObject([404, { code: -1 }]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('documents every route', async () => {
    const document = (await get('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/access',
      '/api/admin/config',
      '/api/admin/server',
      '/api/admin/sessions',
      '/api/health',
      '/api/llm/models',
      '/api/sessions',
      '/api/sessions/{sessionid}',
      '/api/sessions/{sessionid}/close',
      '/api/sessions/{sessionid}/outputs',
      '/api/sessions/{sessionid}/outputs/{output}',
      '/human',
      '/humanaudio',
      '/interrupt_talk',
      '/is_speaking',
      '/offer',
      '/record',
      '/record/{sessionid}',
      '/set_audiotype',
      '/sse',
      '/whep',
      '/whep/{sessionid}',
      '/whep/{sessionid}/{viewerid}',
      '/whep/{sessionid}/{viewerid}/visemes',
    ]);
    const { content } = document.paths['/humanaudio'].post.requestBody;
    expect(content['multipart/form-data'].schema.properties.file).toMatchObject({ type: 'string', format: 'binary' });
    expect(document.paths['/human'].post.requestBody.content['application/json'].schema.required).toEqual([
      'sessionid',
      'type',
      'text',
    ]);
    const docs = await get('/docs/');
    expect(docs.statusCode).toBe(200);
    expect(docs.body).not.toContain('<script>');
    expect((await get('/docs/json')).json().info.title).toBe('Herald');
    expect((await get('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200);
  });
});
