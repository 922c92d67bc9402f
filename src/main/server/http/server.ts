import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import fastifyCors from '@fastify/cors';
import fastifyMultipart from '@fastify/multipart';
import fastifyRateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyHttpOptions, type FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Settings } from '../../../shared/settings';
import type { ClipLibrary } from '../clips/library';
import type { LiveSettings } from '../config/live';
import { appRoot } from '../entries';
import type { ExportLibrary } from '../export/library';
import type { ImportLibrary } from '../imports/library';
import type { Log } from '../log';
import type { RecordingLibrary } from '../recordings/library';
import type { SessionDirectory } from '../session/api';
import type { Tts } from '../tts/tts';
import { version } from '../version';
import { adminRoutes } from './admin-routes';
import { auditCalls } from './audit';
import { type AvatarRouteDependencies, avatarRoutes } from './avatar-routes';
import { acceptJsonBodies } from './body';
import { guardRequests, policyOf } from './caller';
import { type CatalogueRouteDependencies, catalogueRoutes } from './catalogue-routes';
import { clipRoutes } from './clip-routes';
import { limitConnections } from './connections';
import { exportRoutes } from './export-routes';
import { errorOfIssues, pathOf, replyWithError } from './failures';
import { sendMoreSecurityHeaders } from './headers';
import { importRoutes } from './import-routes';
import {
  CONNECTIONS_CHECK_MS,
  HANDSHAKE_LIMIT_MS,
  HEADERS_LIMIT_MS,
  KEEP_ALIVE_PROBE_MS,
  REQUEST_LIMIT_MS,
} from './limits';
import { type LlmRouteDependencies, llmRoutes } from './llm-routes';
import { mediaGone } from './media';
import { type MetricsRouteDependencies, metricsRoutes } from './metrics-routes';
import { type ModelRouteDependencies, modelRoutes } from './model-routes';
import { describeApi } from './openapi';
import { sendSecurityHeaders, servePage } from './page';
import { type PanelRouteDependencies, panelRoutes } from './panel-routes';
import { previewRoutes } from './preview-routes';
import { recordingRoutes } from './recording-routes';
import { sessionRoutes } from './routes';
import { settingsRoutes } from './settings-routes';
import { cutSlowBodies } from './slow-bodies';
import { EventStreams } from './sse';
import type { TlsFiles } from './tls';
import { tokenRoutes } from './token-routes';
import { Tokens } from './tokens';
import { voiceRoutes } from './voice-routes';
import { whepRoutes } from './whep-routes';

export interface HttpServerOptions extends MetricsRouteDependencies, Pick<PanelRouteDependencies, 'recent'> {
  settings: Settings;
  /** The same, to be shown and changed; without it there is no /api/settings. */
  live?: LiveSettings;
  sessions: SessionDirectory;
  /** What /api/health shows under `data`. */
  health: () => object;
  /** The voice that /api/voices tells about; without one there is no such route. */
  tts?: Tts;
  /** Voices to download; without them there is no /api/voices/catalogue. */
  catalogue?: CatalogueRouteDependencies;
  chat?: LlmRouteDependencies;
  /** The avatars that /api/avatars tells about; without them there is no such route. */
  avatars?: AvatarRouteDependencies;
  /** Where recordings are kept; without it nothing can be recorded. */
  recordings?: RecordingLibrary;
  clips?: ClipLibrary;
  exports?: ExportLibrary;
  imports?: ImportLibrary;
  /** Mouth models; without them there is no /api/models. */
  models?: ModelRouteDependencies;
  log: Log;
  /** The token that callers from outside need, or everyone's tokens with what each may do. */
  token: string | Tokens;
  /** With these it speaks HTTPS, and nothing else on its port. */
  tls?: TlsFiles;
  /** Where the built page lies; out/renderer by default. */
  rendererDir?: string;
}

/** How long replies under way may take once the server closes. */
const CLOSE_GRACE_MS = 1_000;

/** The HTTP server with all its routes, not listening yet. `close()` ends open event streams and lingering connections. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { settings, sessions, health, token, tls, log } = options;
  const app = Fastify({
    requestTimeout: REQUEST_LIMIT_MS,
    ...transportOf(tls),
    routerOptions: { ignoreTrailingSlash: true },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void replyWithError(error, request, reply as never, log),
    clientErrorHandler: answerBrokenHttp,
  });

  app.setErrorHandler((error, request, reply) => replyWithError(error, request, reply, log));
  app.setNotFoundHandler((request, reply) => {
    const msg = mediaGone(reply) ?? `no such route: ${request.method} ${pathOf(request.url)} (see /docs)`;
    return reply.type('application/json; charset=utf-8').code(404).send({ code: -1, msg });
  });
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (input) => {
    const result = schema.safeParse(input);
    return result.success ? { value: result.data } : { error: errorOfIssues(result.error, input) };
  });
  // Replies are typed against their schemas; tests parse them. At run time they are only written.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  limitConnections(app.server, { trustProxy: settings.trust_proxy });
  acceptJsonBodies(app);
  sendSecurityHeaders(app);
  sendMoreSecurityHeaders(app);
  // First of the hooks that may refuse, so that pages can read every refusal.
  app.addHook('onRequest', async (request, reply) => {
    // Chromium asks this before a page of the internet may call into a private network; the guard decides what it gets.
    if (request.headers['access-control-request-private-network'])
      reply.header('access-control-allow-private-network', 'true');
  });
  await app.register(fastifyCors, {
    origin: '*',
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
    exposedHeaders: ['Retry-After'],
    strictPreflight: false,
    maxAge: 600,
  });
  await app.register(fastifyRateLimit, { global: false });
  const tokens = typeof token === 'string' ? new Tokens(token) : token;
  guardRequests(app, policyOf(settings, tokens, [hostname(), hostname().split('.')[0]!]), settings.rate_limit);
  cutSlowBodies(app);
  logRequests(app, log);
  auditCalls(app, log);
  await app.register(fastifyMultipart, { throwFileSizeLimit: false });
  await describeApi(app, version);
  metricsRoutes(app, options);

  const streams = new EventStreams(log);
  sessionRoutes(app, { settings, sessions, streams });
  await whepRoutes(app, { settings, sessions, streams, log });
  await recordingRoutes(app, { settings, sessions, ...(options.recordings && { recordings: options.recordings }) });
  await clipRoutes(app, { ...(options.clips && { clips: options.clips }) });
  await exportRoutes(app, { ...(options.exports && { exports: options.exports }) });
  await avatarRoutes(app, options.avatars);
  importRoutes(app, { imports: options.imports });
  modelRoutes(app, options.models);
  adminRoutes(app, { settings, sessions, health });
  panelRoutes(app, { settings, tls: tls !== undefined, ...(options.recent && { recent: options.recent }) });
  tokenRoutes(app, tokens);
  settingsRoutes(app, options.live);
  voiceRoutes(app, { tts: options.tts });
  previewRoutes(app, { tts: options.tts });
  catalogueRoutes(app, options.catalogue);
  llmRoutes(app, options.chat ?? {});
  await servePage(app, options.rendererDir ?? join(appRoot, 'out', 'renderer'));

  app.addHook('preClose', async () => {
    streams.closeAll();
    setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
  return app;
}

/** The timings and keep-alives are the same with and without TLS; fastify types its two kinds of server apart. */
function transportOf(tls: TlsFiles | undefined): Pick<FastifyHttpOptions<Server>, 'http'> {
  const common = {
    headersTimeout: HEADERS_LIMIT_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
  };
  if (!tls) return { http: common };
  const { cert, key } = tls;
  const https = { ...common, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_LIMIT_MS };
  return { https } as unknown as Pick<FastifyHttpOptions<Server>, 'http'>;
}

/** One line per request at `debug`, without its query, which may hold the token. */
function logRequests(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, caller } = request;
    // Whoever reads the log would see only that.
    if (pathOf(url) === '/api/logs') return;
    log.debug(
      { status: reply.statusCode, ms: Math.round(reply.elapsedTime), from: caller?.address },
      `${method} ${pathOf(url)}`,
    );
  });
}

/** What is not even HTTP gets the same JSON as everything else. */
function answerBrokenHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, msg] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'the request took too long to arrive']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'the headers are too large']
        : ['400 Bad Request', 'this is not HTTP that can be understood'];
  const body = JSON.stringify({ code: -1, msg });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nAccess-Control-Allow-Origin: *\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
