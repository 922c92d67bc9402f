import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { testHttpServer } from '../../../../testing/http-server';
import { voicesReply } from '../../../shared/protocol';
import { HeraldError } from '../errors';
import { ProviderError } from '../provider-error';
import { EspeakTts } from '../tts/espeak';
import type { EngineStatus, Tts } from '../tts/tts';
import { FakeSessions } from './fake-sessions';
import { voiceRoutes } from './voice-routes';

let app: FastifyInstance | undefined;
afterEach(() => app?.close());

const voice = (parts: Partial<Tts> = {}): Tts => ({
  name: 'best',
  stream: async function* () {},
  close: async () => {},
  ...parts,
});

/** The whole server, as the page meets it. */
async function ask(tts?: Tts) {
  app = await testHttpServer({
    sessions: new FakeSessions(),
    ...(tts && { tts }),
  });
  return app.inject({ method: 'GET', url: '/api/voices' });
}

const dataOf = (reply: Awaited<ReturnType<typeof ask>>) => {
  expect(reply.statusCode).toBe(200);
  return voicesReply.parse(reply.json()).data;
};

it('lists the voices and every engine', async () => {
  const engines: EngineStatus[] = [
    { engine: 'best', state: 'failing', problem: 'it broke. Mend it.', retryInMs: 12_000 },
    { engine: 'espeak', state: 'ready' },
  ];
  const voices = [{ id: 'bella', name: 'Bella', language: 'en-US', gender: 'female' as const }];
  expect(dataOf(await ask(voice({ voices: async () => voices, status: () => engines })))).toEqual({
    engine: 'best',
    engines,
    voices,
  });
});

it('lists those of the offline voice', async () => {
  const tts = new EspeakTts();
  const { engine, engines, voices } = dataOf(await ask(tts));
  await tts.close();
  expect(engine).toBe('espeak');
  expect(engines).toEqual([{ engine: 'espeak', state: 'unknown' }]);
  expect(voices).toContainEqual({ id: 'en-us+f3', name: 'English (America)', language: 'en-US' });
});

it.each([
  ['has no list', voice(), 'best cannot tell which voices it has.'],
  [
    'cannot be reached',
    voice({
      voices: async () => {
        throw new ProviderError({ part: 'voice', provider: 'best', reason: 'nobody answered', remedy: 'Start it.' });
      },
    }),
    'nobody answered. Start it.',
  ],
  [
    'fails otherwise',
    voice({
      voices: async () => {
        throw new HeraldError('refused', 'It is closed.');
      },
    }),
    'best did not list its voices: It is closed.',
  ],
])('answers all the same when the engine %s', async (_, tts, problem) => {
  expect(dataOf(await ask(tts))).toEqual({
    engine: 'best',
    engines: [{ engine: 'best', state: 'unknown' }],
    voices: [],
    problem,
  });
});

it('does not wait for an engine that hangs, and tells it to stop', async () => {
  let asked: AbortSignal | undefined;
  const tts = voice({
    voices: (signal) => {
      asked = signal;
      return new Promise(() => {});
    },
  });
  app = Fastify();
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  voiceRoutes(app, { tts, limitMs: 30 });
  const reply = await app.inject({ method: 'GET', url: '/api/voices' });
  expect(dataOf(reply)).toMatchObject({ voices: [], problem: expect.stringContaining('no answer within 0.03 s') });
  expect(asked!.aborted).toBe(true);
});

it('is not there without a voice', async () => {
  expect((await ask()).statusCode).toBe(404);
});
