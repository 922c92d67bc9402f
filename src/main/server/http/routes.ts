import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  audioReply,
  audiotypeReply,
  closeReply,
  controlBodies,
  failureReply,
  type HumanTts,
  humanReply,
  interruptReply,
  offerBody,
  offerReply,
  type PerformanceSummary,
  sessionId,
  sessionReply,
  speakingReply,
} from '../../../shared/protocol';
import { isPushMode, type Settings } from '../../../shared/settings';
import { alsoTold, say } from '../../../shared/told';
import { visemesEvent, visemesQuery } from '../../../shared/viseme-protocol';
import { HeraldError } from '../errors';
import type { SessionDirectory, SessionHandle } from '../session/api';
import type { VoiceSettings } from '../tts/tts';
import { isStudioPage } from './caller';
import { errorOfIssues } from './failures';
import { whileClientWaits } from './lifetime';
import { outputRoutes } from './output-routes';
import { failing, OK } from './replies';
import type { EventStreams } from './sse';
import { Uploads } from './upload';

export interface RouteDependencies {
  settings: Settings;
  sessions: SessionDirectory;
  streams: EventStreams;
}

/** Sessions that have performances tell them. */
type Performer = SessionHandle & { performances?(): readonly PerformanceSummary[] };

const OFFER_LIMIT_MS = 30_000;
const AUDIO_LIMIT_MS = 120_000;

const EVENTS =
  'A stream of events, of which those of `visemes=true` have this schema; JSON where the session is unknown';

const OK_DATA = { ...OK, data: 'ok' } as const;
const failure = (msg: string) => ({ code: -1, msg, ...alsoTold(msg) }) as const;

const failures = failing(400, 413);

/** The routes of the field's own API: sessions and what they do. */
export function sessionRoutes(app: FastifyInstance, { settings, sessions, streams }: RouteDependencies): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const bodies = controlBodies({ push: isPushMode(settings) });
  const uploads = new Uploads(settings.max_upload_mb);

  const sessionOf = (id: number): SessionHandle => {
    const session = sessions.get(id);
    if (!session) throw new HeraldError('refused', say('session.gone', { id }));
    return session;
  };

  routes.post(
    '/offer',
    {
      schema: {
        summary: 'Negotiate a WebRTC session: picture and sound of a presenter',
        tags: ['session'],
        body: offerBody,
        response: { 200: offerReply, ...failures, 503: failureReply },
      },
    },
    async (request, reply) => {
      const { sdp, avatar, voice, refaudio, reftext, custom_config, background, visemes } = request.body;
      if (custom_config !== undefined) assertJson('custom_config', custom_config);
      const studio = isStudioPage(request);
      const answer = await whileClientWaits(reply, OFFER_LIMIT_MS, (signal) =>
        sessions.offer({
          sdp,
          studio,
          visemes,
          signal,
          ...(avatar && { avatar }),
          ...(background && { background }),
          ...(custom_config && { customConfig: custom_config }),
          voice: { voice, referenceAudio: refaudio, referenceText: reftext },
        }),
      );
      return { sdp: answer.sdp, type: 'answer' as const, sessionid: answer.sessionId };
    },
  );

  routes.post(
    '/human',
    {
      schema: {
        summary: 'Speak a text (echo) or answer it (chat)',
        tags: ['session'],
        body: bodies.human,
        response: { 200: humanReply, ...failures },
      },
    },
    async ({ body }) => {
      const session = sessionOf(body.sessionid);
      if (body.text.trim() === '') return failure(say('session.noText'));
      const options = { interrupt: body.interrupt, ...(body.tts && { voice: voiceSettings(body.tts) }) };
      const turn = body.type === 'chat' ? session.chat(body.text, options) : session.say(body.text, options);
      return { ...OK_DATA, turn };
    },
  );

  routes.post(
    '/humanaudio',
    {
      schema: {
        summary: 'Speak an uploaded recording',
        tags: ['session'],
        consumes: ['multipart/form-data'],
        body: bodies.audio,
        response: { 200: audioReply, ...failures, 503: failureReply },
      },
      // The schema is for the document: the form is read part by part below.
      validatorCompiler: () => (value) => ({ value }),
    },
    async (request, reply) => {
      const { fields, file } = await uploads.read(request, reply, 'file');
      const target = bodies.session.safeParse(fields);
      if (!target.success) throw errorOfIssues(target.error, fields);
      if (!file) throw new HeraldError('malformed', 'file: missing; send the recording as a file in the field "file"');
      const session = sessions.get(target.data.sessionid);
      if (!session) return { ...failure('Session not found'), data: `there is no session ${target.data.sessionid}` };
      if (file.bytes.length === 0) return badAudio(say('upload.empty'));
      try {
        const { bytes, fileName } = file;
        await whileClientWaits(reply, AUDIO_LIMIT_MS, (signal) =>
          session.playAudio(bytes, { signal, ...(fileName && { fileName }) }),
        );
        return OK;
      } catch (error) {
        if (error instanceof HeraldError && error.kind === 'refused') return badAudio(error.message);
        throw error;
      }
    },
  );

  routes.post(
    '/interrupt_talk',
    {
      schema: {
        summary: 'Stop speaking, now',
        tags: ['session'],
        body: bodies.session,
        response: { 200: interruptReply, ...failures },
      },
    },
    async ({ body }) => {
      sessionOf(body.sessionid).interrupt();
      return OK;
    },
  );

  routes.post(
    '/set_audiotype',
    {
      schema: {
        summary: 'Choose what is shown in silence',
        tags: ['session'],
        body: bodies.audiotype,
        response: { 200: audiotypeReply, ...failures },
      },
    },
    async ({ body }) => {
      sessionOf(body.sessionid).setMode(body.audiotype, { reinit: body.reinit });
      return OK_DATA;
    },
  );

  routes.post(
    '/is_speaking',
    {
      schema: {
        summary: 'Is it speaking?',
        tags: ['session'],
        body: bodies.session,
        response: { 200: speakingReply, ...failures },
      },
    },
    async ({ body }) => {
      const session = sessions.get(body.sessionid);
      return session
        ? { ...OK, data: session.isSpeaking }
        : { code: -1 as const, data: false as const, msg: 'Session not found' };
    },
  );

  routes.get(
    '/sse',
    {
      exposeHeadRoute: false,
      schema: {
        summary: "The session's events, as text/event-stream",
        tags: ['session'],
        querystring: bodies.session.extend({ visemes: visemesQuery }),
        response: {
          200: z.union([visemesEvent, failureReply]).describe(EVENTS),
          ...failures,
        },
      },
    },
    (request, reply) => {
      const { sessionid, visemes } = request.query;
      streams.start(reply as unknown as FastifyReply, sessionOf(sessionid), { visemes });
    },
  );

  routes.get(
    '/api/sessions/:sessionid',
    {
      schema: {
        summary: 'What a session is doing, and what it can perform',
        tags: ['session'],
        params: z.object({ sessionid: sessionId }),
        response: { 200: z.union([sessionReply, failureReply]), ...failures },
      },
    },
    async ({ params: { sessionid } }) => {
      const session: Performer = sessionOf(sessionid);
      const summary = sessions.list().find((one) => one.sessionid === sessionid);
      if (!summary) return failure(`Session not found: ${sessionid}`);
      return { code: 0 as const, data: { ...summary, performances: [...(session.performances?.() ?? [])] } };
    },
  );

  outputRoutes(app, { sessions });

  // sendBeacon and keepalive requests of an unloading page can only POST.
  for (const [method, url] of [
    ['DELETE', '/api/sessions/:sessionid'],
    ['POST', '/api/sessions/:sessionid/close'],
  ] as const) {
    routes.route({
      method,
      url,
      schema: {
        summary: 'End a session',
        tags: ['session'],
        params: z.object({ sessionid: sessionId }),
        response: { 200: closeReply, ...failures },
      },
      handler: async (request) => {
        const { sessionid } = request.params;
        const closed = await sessions.close(sessionid, 'closed by a client');
        return closed ? OK : failure(`Session not found: ${sessionid}`);
      },
    });
  }
}

/** The `tts` object of /human: what every engine understands, and the rest for the engine in use. */
function voiceSettings({ voice, speed, pitch, ...extra }: NonNullable<HumanTts>): VoiceSettings {
  return { voice, speed, pitchSemitones: pitch, ...(Object.keys(extra).length > 0 && { extra }) };
}

const badAudio = (why: string) => ({ code: -1, msg: 'err', data: why, ...alsoTold(why) }) as const;

function assertJson(key: string, text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new HeraldError('malformed', `${key}: must be JSON in a string`);
  }
}
