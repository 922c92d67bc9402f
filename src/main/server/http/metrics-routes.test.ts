import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TOKEN, testHttpServer } from '../../../../testing/http-server';
import { ServerMetrics } from '../metrics/prometheus';
import { FakeSessions } from './fake-sessions';

let app: FastifyInstance;
let metrics: ServerMetrics;

beforeEach(async () => {
  const sessions = new FakeSessions();
  metrics = new ServerMetrics({
    sessions: Object.assign(sessions, { figures: () => ({}) }),
    loop: { delay: { p50Ms: 0, p99Ms: 0, maxMs: 0 } },
    mouth: () => ({ state: 'ready', restarts: 0 }) as never,
    voices: () => [],
    condition: () => ({ status: 'ok', reasons: [] }),
  });
  app = await testHttpServer({
    sessions,
    metrics,
    diagnostics: () => ({ versions: { herald: '0.0.0' } }),
  });
});
afterEach(async () => {
  await app.close();
  metrics.close();
});

const get = (url: string, remoteAddress = '127.0.0.1', headers: Record<string, string> = {}) =>
  app.inject({ method: 'GET', url, remoteAddress, headers });

it('tells Prometheus its figures, with every reply counted by kind and status', async () => {
  await get('/api/health');
  await app.inject({ method: 'POST', url: '/human', payload: {} });
  await get('/nothing', '203.0.113.9');
  const reply = await get('/metrics');
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    'herald_http_replies_total{class="read",status="200"} 1',
    'herald_http_replies_total{class="control",status="400"} 1',
    'herald_http_replies_total{class="read",status="401"} 1',
  ]) {
    expect(reply.body).toContain(line);
  }
  // Every line is a comment or a sample: name, labels, number.
  for (const line of reply.body.split('\n').filter(Boolean)) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [-+\d.eINaf]+)$/);
  }
});

it('keeps metrics and diagnostics from who may not see them', async () => {
  const bearer = { authorization: `Bearer ${TOKEN}` };
  const foreign = { origin: 'https://evil.example' };
  for (const url of ['/metrics', '/api/diagnostics']) {
    expect((await get(url)).statusCode, url).toBe(200);
    for (const address of ['192.168.1.20', '203.0.113.9']) {
      expect((await get(url, address)).statusCode, `${url} ${address}`).toBe(401);
      expect((await get(url, address, bearer)).statusCode, `${url} ${address}`).toBe(200);
    }
    expect((await get(url, '127.0.0.1', foreign)).statusCode, url).toBe(401);
  }
});
