import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { failureReply, sessionId } from '../../../shared/protocol';
import { isPushMode, type Settings } from '../../../shared/settings';
import { visemesEvent } from '../../../shared/viseme-protocol';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import { iceServersOf } from '../outputs/webrtc/connection';
import { linksOfIceServers } from '../outputs/webrtc/ice-link';
import { CodecNotOffered } from '../outputs/webrtc/offer';
import { MAX_SDP_CHARS } from '../outputs/webrtc/sdp';
import { WhepViewers } from '../outputs/whep/viewers';
import type { SessionDirectory, SessionHandle } from '../session/api';
import { whileClientWaits } from './lifetime';
import { failing } from './replies';
import type { EventStreams } from './sse';

export interface WhepRouteDependencies {
  settings: Settings;
  sessions: SessionDirectory;
  streams: EventStreams;
  log: Log;
}

const SDP = 'application/sdp';
/** RFC 8288 section 2.1.2: a relation of our own is a URI. */
const VISEMES = 'urn:herald:visemes';
const JOIN_LIMIT_MS = 15_000;
const NO_VIEWER = 'there is no such viewer (any more)';
/** In push modes a request that names no session means this one. */
const FIRST_PUSHED = 0;

/**
 * draft-ietf-wish-whep: standard players watch a running session. Offers must be complete and answers are, so that there is nothing
 * to PATCH.
 */
export async function whepRoutes(app: FastifyInstance, dependencies: WhepRouteDependencies): Promise<void> {
  await app.register(async (scope) => register(scope, dependencies));
}

function register(app: FastifyInstance, { settings, sessions, streams, log }: WhepRouteDependencies): void {
  const iceServers = iceServersOf(settings);
  const links = linksOfIceServers(iceServers);
  const viewers = new WhepViewers(iceServers, log.child({ scope: 'whep' }));
  app.addHook('onClose', () => viewers.close());
  acceptSdp(app);
  const routes = app.withTypeProvider<ZodTypeProvider>();
  // Pages of other origins read these only where they are named.
  const config = { cors: { exposedHeaders: ['Location', 'Link', 'Retry-After', 'Accept-Post', 'Allow'] } };

  const join = async (session: SessionHandle, sdp: string, reply: FastifyReply): Promise<string> => {
    try {
      const { viewerId, answer } = await whileClientWaits(reply, JOIN_LIMIT_MS, (signal) =>
        viewers.join(session, sdp, signal),
      );
      const location = `/whep/${session.id}/${viewerId}`;
      reply.code(201).type(SDP).header('location', location);
      reply.header('link', [...links, `<${location}/visemes>; rel="${VISEMES}"; type="text/event-stream"`]);
      return answer;
    } catch (error) {
      if (error instanceof CodecNotOffered) throw withStatus(406, error.message);
      throw error;
    }
  };

  const viewer = z.object({ sessionid: sessionId, viewerid: z.string().max(100) });
  const offer = z.string({ error: `send an SDP offer as the body, with Content-Type: ${SDP}` });
  const about = { tags: ['session'], consumes: [SDP] };
  const replies = { 201: z.string().describe('The SDP answer; Location is what to DELETE at the end') };
  const more = failing(400, 404, 406, 413, 415, 503);

  routes.post(
    '/whep',
    {
      config,
      schema: {
        ...about,
        summary: 'Watch the running session (WHEP)',
        body: offer,
        response: { ...replies, ...more, 409: failureReply },
      },
    },
    async (request, reply) => join(onlySession(settings, sessions), request.body, reply as unknown as FastifyReply),
  );

  routes.post(
    '/whep/:sessionid',
    {
      config,
      schema: {
        ...about,
        summary: 'Watch this session (WHEP)',
        params: z.object({ sessionid: sessionId }),
        body: offer,
        response: { ...replies, ...more },
      },
    },
    async ({ params, body }, reply) => {
      const session = sessions.get(params.sessionid);
      if (!session) throw notFound(`there is no session ${params.sessionid}`, sessions);
      return join(session, body, reply as unknown as FastifyReply);
    },
  );

  routes.delete(
    '/whep/:sessionid/:viewerid',
    {
      config,
      schema: {
        tags: ['session'],
        summary: 'Stop watching (WHEP)',
        params: viewer,
        response: { 200: z.literal('').describe('Nothing more is sent'), ...failing(400, 404) },
      },
    },
    async ({ params }, reply) => {
      const left = await viewers.leave(params.sessionid, params.viewerid);
      if (!left) throw new HeraldError('not-found', NO_VIEWER);
      return reply.code(200).send('');
    },
  );

  routes.get(
    '/whep/:sessionid/:viewerid/visemes',
    {
      config,
      exposeHeadRoute: false,
      schema: {
        tags: ['session'],
        summary: 'The mouth of each picture in numbers, with the timestamps that this viewer is sent; named by `Link`',
        params: viewer,
        response: { 200: visemesEvent.describe('The events of /sse?visemes=true'), ...failing(400, 404, 503) },
      },
    },
    (request, reply) => {
      const { sessionid, viewerid } = request.params;
      const session = sessions.get(sessionid);
      const visemes = session && viewers.timed(sessionid, viewerid);
      if (!visemes) throw new HeraldError('not-found', NO_VIEWER);
      streams.start(reply as unknown as FastifyReply, session, { visemes });
    },
  );

  refuseOtherMethods(app, config);
}

/** OPTIONS says what may be posted; what WHEP knows but does not need here is a 405. */
function refuseOtherMethods(app: FastifyInstance, config: object): void {
  const urls = { '/whep': 'POST', '/whep/:sessionid': 'POST', '/whep/:sessionid/:viewerid': 'DELETE' };
  for (const [url, method] of Object.entries(urls)) {
    const allow = `${method}, OPTIONS`;
    // CORS answers it before any handler; what is added here is added to that answer.
    app.options(url, { config, schema: { hide: true } }, async (_, reply) => reply.code(204).send());
    app.route({
      method: ['GET', 'HEAD', 'PUT', 'PATCH'],
      url,
      config,
      schema: { hide: true },
      // Before the body is looked at: a PATCH has a type of its own.
      onRequest: async (_, reply) => {
        reply.header('allow', allow);
        throw withStatus(405, `use ${method} here: offers are complete, so that nothing is patched`);
      },
      handler: () => {},
    });
  }
  app.addHook('onSend', async (request: FastifyRequest, reply, payload) => {
    const endpoint = !request.routeOptions.url?.endsWith(':viewerid');
    if (endpoint && (request.method === 'OPTIONS' || reply.statusCode === 415)) reply.header('accept-post', SDP);
    return payload;
  });
}

/** SDP as text, and nothing else. */
function acceptSdp(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const take = (_: unknown, body: string | Buffer, done: (error: Error | null, body?: unknown) => void) =>
    done(null, body.toString());
  app.addContentTypeParser(SDP, { parseAs: 'string', bodyLimit: MAX_SDP_CHARS }, take);
  app.addContentTypeParser('*', async () => {
    throw withStatus(415, `send an SDP offer as the body, with Content-Type: ${SDP}`);
  });
}

function onlySession(settings: Settings, sessions: SessionDirectory): SessionHandle {
  const live = sessions.list().filter(({ state }) => state !== 'closed');
  const id = isPushMode(settings) ? FIRST_PUSHED : live[0]?.sessionid;
  if (!isPushMode(settings) && live.length > 1) {
    throw withStatus(409, `several sessions run: POST to /whep/{sessionid}, with one of ${idsOf(sessions)}`);
  }
  const session = id === undefined ? undefined : sessions.get(id);
  if (!session) throw notFound('no session runs', sessions);
  return session;
}

function notFound(what: string, sessions: SessionDirectory): HeraldError {
  const ids = idsOf(sessions);
  return new HeraldError('not-found', `${what}; ${ids ? `these run: ${ids}` : 'none runs: start one first (/offer)'}`);
}

const idsOf = (sessions: SessionDirectory) =>
  sessions
    .list()
    .map(({ sessionid }) => sessionid)
    .join(', ');

const withStatus = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode });
