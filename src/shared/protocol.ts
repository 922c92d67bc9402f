import { z } from 'zod';
import { EXPORT_FORMATS } from './export-formats';
import { told } from './told';

/**
 * Every HTTP body, reply and event of Herald. The server validates with these, the page takes its types from them and
 * /openapi.json is generated from them. Unknown body keys are ignored, since clients send extras.
 */

/** Text longer than this is refused with 413: it is an hour of speech, surely a mistake. */
export const MAX_TEXT_CHARACTERS = 20_000;

const WHOLE_NUMBER = { error: 'must be a whole number, or one in a string' };

/** Clients send an id as a number or as digits in a string. */
export const sessionId = z
  .union([z.int(), z.string().regex(/^\s*-?\d{1,15}\s*$/, WHOLE_NUMBER)], WHOLE_NUMBER)
  .transform(Number)
  .describe("The `sessionid` of /offer's reply, as number or string");

/** A name becomes part of a path one day, so it may hold no separator, no `..` and no leading dot. */
export const avatarName = z
  .string()
  .regex(/^(?!.*\.\.)[\p{L}\p{N}_](?:[\p{L}\p{N}_. -]{0,62}[\p{L}\p{N}_-])?$/u, {
    error: 'not an avatar name: use letters, digits, "_", "-", "." and spaces (64 at most), without a path',
  })
  .describe('Name of an avatar in the library');

/** Scripts fill keys that they do not use with null or "": both mean absent. */
const absentWhenEmpty = <T extends z.ZodType>(schema: T) =>
  z
    .union([schema, z.literal(''), z.null()], { error: firstError(schema) })
    .optional()
    .transform((value) => (value === '' || value === null ? undefined : (value as z.output<T>)));

/** A union says only "Invalid input"; the branch that a person meant says what is wrong. */
const firstError = (schema: z.ZodType) => (issue: { input?: unknown }) =>
  z.safeParse(schema, issue.input).error?.issues[0]?.message;

const optionalText = absentWhenEmpty(z.string());
/** A plain colour for the presenter to stand before. */
const backgroundColour = absentWhenEmpty(
  z
    .string()
    .regex(/^(#?[\da-f]{6}|none)$/i, { error: 'must be a colour such as "#00ff00", or "none"' })
    .transform((text) => (text === 'none' ? '' : text)),
).describe(
  'A colour to stand before, such as "#00ff00" for a keyer; of presenters that have a matte, as those that ship',
);
const optionalNumber = (min: number, max: number) => absentWhenEmpty(z.number().min(min).max(max));
const optionalSwitch = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

export const offerBody = z.object({
  sdp: z.string().min(1, { error: 'is empty: send the SDP of a recvonly offer' }),
  type: z.literal('offer', { error: 'must be "offer"' }),
  avatar: absentWhenEmpty(avatarName),
  voice: optionalText,
  refaudio: optionalText,
  reftext: optionalText,
  custom_config: optionalText.describe('JSON in a string'),
  background: backgroundColour,
  visemes: optionalSwitch.describe(
    'Send the mouth of each picture in numbers on the data channel `visemes` that the offer opens',
  ),
});
export type OfferBody = z.infer<typeof offerBody>;

/**
 * Bodies of the control routes. In the push modes (RTMP, WHIP) there is one presenter per process and the peers' clients
 * leave the id out: there a missing `sessionid` means 0.
 */
export function controlBodies(mode: { push: boolean }) {
  const id: z.ZodType<number> = mode.push ? sessionId.default(0) : sessionId;
  return {
    session: z.object({ sessionid: id }),
    human: z.object({
      sessionid: id,
      type: z.enum(['chat', 'echo'], { error: 'must be "chat" or "echo"' }),
      text: z.string().max(MAX_TEXT_CHARACTERS),
      interrupt: optionalSwitch.describe('Stop the current speech first'),
      tts: z
        .looseObject({
          voice: optionalText,
          speed: optionalNumber(0.5, 2).describe("1 = the voice's own"),
          pitch: optionalNumber(-12, 12).describe('Semitones'),
        })
        .nullish()
        .describe('Settings of the voice engine for this text; other keys are passed on to the engine'),
    }),
    audiotype: z.object({
      sessionid: id,
      audiotype: z.int().min(0).describe('0 = live idle loop, 1 = still, >= 2 = a performance'),
      reinit: optionalSwitch.describe('Restart the clip that is already playing'),
    }),
    record: z.object({
      sessionid: id,
      type: z.enum(['start_record', 'end_record'], { error: 'must be "start_record" or "end_record"' }),
    }),
    audio: z.object({
      sessionid: id,
      file: z
        .any()
        .meta({ type: 'string', format: 'binary', description: 'wav, mp3, m4a, ogg, opus, flac, webm, aac, mp4' }),
    }),
  };
}

/** The `tts` object of /human. */
export type HumanTts = z.infer<ReturnType<typeof controlBodies>['human']>['tts'];

const ok = z.object({ code: z.literal(0), msg: z.literal('ok') });
const okData = ok.extend({ data: z.literal('ok') });

/** Any failure, of any status. `msg` says what to do. */
export const failureReply = z.object({ code: z.literal(-1), msg: z.string(), told: told.optional() });
export type FailureReply = z.infer<typeof failureReply>;

export const offerReply = z.object({ sdp: z.string(), type: z.literal('answer'), sessionid: z.int() });
export const humanReply = z.union([
  okData.extend({ turn: z.int().describe('The `turn` that events about this text carry') }),
  failureReply,
]);
export const audioReply = z.union([ok, failureReply.extend({ data: z.string().describe('Why') }), failureReply]);
export const interruptReply = z.union([ok, failureReply]);
export const audiotypeReply = z.union([okData, failureReply]);
export const speakingReply = z.union([
  ok.extend({ data: z.boolean() }),
  z.object({ code: z.literal(-1), data: z.literal(false), msg: z.string() }),
]);
export const recordReply = z.union([okData.extend({ file: z.string().optional() }), failureReply]);
export const closeReply = z.union([ok, failureReply]);

/** Milliseconds from the request of a turn to each of its milestones; absent where it was not reached. */
export const turnLatency = z.object({
  queuedMs: z.number().optional().describe('It was taken up, once the turns before it were over'),
  firstTokenMs: z.number().optional().describe('The model began to answer'),
  firstSentenceMs: z.number().optional().describe('There was something to say'),
  firstAudioMs: z.number().optional().describe('The voice began to speak'),
  firstSoundSentMs: z.number().optional().describe('Its first audible sample was handed to the encoder'),
  firstPictureSentMs: z.number().optional().describe('The first picture of the turn was handed to the encoder'),
  interruptToSilenceMs: z.number().optional().describe('From an interrupt to the first silent frame sent'),
});
export type TurnLatency = z.infer<typeof turnLatency>;

/** Destinations elsewhere that a session can be sent to while it runs. */
export const pushKind = z.enum(['rtmp', 'whip', 'camera']);
export type PushKind = z.infer<typeof pushKind>;
export const pushState = z
  .enum(['connecting', 'live', 'reconnecting', 'failed', 'closed'])
  .describe('failed: trying again would be of no use; it stays listed until it is removed');
export type PushState = z.infer<typeof pushState>;

/** What happened in a session, as sent on /sse. Sent when the audio it belongs to is sent, not when it is queued. */
export const sessionEvent = z.discriminatedUnion('status', [
  z.object({ status: z.literal('start'), text: z.string(), turn: z.number() }),
  z.object({
    status: z.literal('end'),
    text: z.string(),
    turn: z.number(),
    interrupted: z.boolean().optional(),
    playedMs: z.number().optional(),
  }),
  z.object({
    status: z.literal('error'),
    part: z.string().describe('llm, voice, rule, audio, encoder, ...'),
    message: z.string().describe('Reason and remedy, for people'),
    turn: z.number().optional(),
    engine: z.string().optional().describe('Who failed'),
    reason: z.string().optional(),
    remedy: z.string().optional().describe('What to do'),
    fallback: z.string().optional().describe('Who does it instead'),
    told: told.optional(),
    toldRemedy: told.optional(),
  }),
  /** A turn is being worked on: thought about (chat) or prepared. `start` follows when it is heard. */
  z.object({ status: z.literal('turn'), turn: z.number(), kind: z.enum(['chat', 'echo', 'audio']), text: z.string() }),
  /** A piece of a chat answer as it is read from the model, and, with `done`, its end. */
  z.object({ status: z.literal('answer'), turn: z.number(), delta: z.string(), done: z.boolean().optional() }),
  /** The session speaks with this engine from now on; `instead` names the one that was asked for. */
  z.object({ status: z.literal('voice'), engine: z.string(), instead: z.string().optional() }),
  turnLatency.extend({ status: z.literal('latency'), turn: z.number() }),
  z.object({ status: z.literal('interrupted'), turn: z.number(), playedMs: z.number() }),
  z.object({ status: z.literal('mode'), audiotype: z.number() }),
  /** A recording began, goes on (once a second), is on the disk whole and playable, or came to nothing. */
  z.object({
    status: z.literal('record'),
    state: z.enum(['started', 'running', 'finished', 'failed']),
    file: z.string().describe("The file's name"),
    id: z.string().describe('Its id under /api/recordings'),
    durationMs: z.number().optional().describe('Recorded so far'),
    bytes: z.number().optional().describe('On the disk so far'),
    reason: z.string().optional().describe('Why it ended by itself, for people'),
    told: told.optional(),
  }),
  /** What became of an output that was added to the session. */
  z.object({
    status: z.literal('output'),
    id: z.string(),
    kind: pushKind,
    state: pushState,
    reason: z.string().optional().describe('Why, for people'),
  }),
  z.object({ status: z.literal('closed'), reason: z.string() }),
]);
export type SessionEvent = z.infer<typeof sessionEvent>;

export const sessionSummary = z.object({
  sessionid: z.number(),
  avatar: z.string(),
  state: z.enum(['connecting', 'idle', 'thinking', 'speaking', 'acting', 'closed']),
  audiotype: z.number(),
  studio: z.boolean(),
  peer: z.string(),
  videoCodec: z.string(),
  startedAt: z.string(),
  picturesSent: z.number(),
  underruns: z.number(),
  queuedTurns: z.number(),
});
export type SessionSummary = z.infer<typeof sessionSummary>;

/** A clip with its own pictures and sound that the presenter can put on: its `audiotype` goes to /set_audiotype. */
export const performanceSummary = z.object({
  audiotype: z.int().min(2),
  name: z.string(),
  durationMs: z.number().optional(),
  loop: z.boolean().optional().describe('Goes round until something else is wanted'),
});
export type PerformanceSummary = z.infer<typeof performanceSummary>;

export const sessionReply = z.object({
  code: z.literal(0),
  data: sessionSummary.extend({ performances: z.array(performanceSummary) }),
});

/** A session without a viewer. */
export const sessionBody = z
  .object({
    avatar: absentWhenEmpty(avatarName),
    voice: optionalText,
    bitrateKbps: optionalNumber(100, 50_000).describe('Of its video; --video_bitrate_kbps unless said'),
    record: optionalSwitch.describe('Record it from its first picture on'),
    background: backgroundColour,
  })
  .nullish()
  .transform(
    (body) =>
      body ?? { avatar: undefined, voice: undefined, bitrateKbps: undefined, record: false, background: undefined },
  );
export const openedReply = z.union([ok.extend({ sessionid: z.int() }), failureReply]);

export const outputBody = z.discriminatedUnion('kind', [
  z.object({
    kind: pushKind.exclude(['camera']),
    url: z.string().min(1).max(2_000).describe('rtmp(s)://host/app/key, or the http(s) address of a WHIP endpoint'),
    token: optionalText.describe('Bearer token of the WHIP endpoint'),
  }),
  z.object({
    kind: pushKind.extract(['camera']),
    device: z
      .string()
      .regex(/^(auto|\/dev\/video\d{1,3})$/, 'must be auto or a device such as /dev/video10')
      .default('auto')
      .describe('The v4l2loopback device on the machine that Herald runs on; auto takes the first that is free'),
  }),
]);

export const outputView = z.object({
  id: z.string(),
  kind: pushKind,
  url: z.string().describe('Without the stream key; of a camera its device'),
  state: pushState,
  since: z.string().describe('When it came to this state, ISO 8601'),
  reason: z.string().optional().describe('Why, for people'),
  figures: z.record(z.string(), z.number()),
});
export type OutputView = z.infer<typeof outputView>;

export const outputReply = z.union([ok.extend({ data: outputView }), failureReply]);
export const outputsReply = z.union([
  z.object({ code: z.literal(0), data: z.object({ outputs: z.array(outputView) }) }),
  failureReply,
]);

export const avatarSummary = z.object({
  id: z.string().describe('What /offer takes as `avatar`'),
  kind: z.enum(['presenter', 'livetalking']),
  name: z.record(z.string(), z.string()).describe('By language'),
  widthPx: z.int(),
  heightPx: z.int(),
  thumbnail: z.boolean().describe('/api/avatars/{id}/thumbnail has a picture'),
  matte: z.boolean().describe('It can stand before other backgrounds: `background` of offers, sessions and clips'),
  removable: z
    .boolean()
    .describe('It was imported here; DELETE /api/avatars/{id} still refuses while somebody needs it'),
});
export type AvatarSummary = z.infer<typeof avatarSummary>;

export const avatarsReply = z.object({
  code: z.literal(0),
  data: z.object({
    avatars: z.array(avatarSummary),
    /** Folders that mean to be an avatar and are not in order, with what to do. */
    problems: z.array(z.object({ id: z.string(), message: z.string() })),
    /** Who appears where an offer names nobody. */
    default: z.string(),
  }),
});

export const sessionsReply = z.object({ code: z.literal(0), data: z.object({ sessions: z.array(sessionSummary) }) });
/** Every setting by its name; a secret appears only as "(set)" or "(not set)". */
export const configReply = z.object({
  code: z.literal(0),
  data: z.object({ config: z.record(z.string(), z.unknown()) }),
});
/** Versions, providers, encoders and engine figures; their shape belongs to the engine. */
export const healthReply = z.object({ code: z.literal(0), data: z.record(z.string(), z.unknown()) });

export const modelsReply = z.union([
  z.object({
    code: z.literal(0),
    data: z.object({ provider: z.string().describe('Model and host in use'), models: z.array(z.string()) }),
  }),
  failureReply,
]);

/** A recording's file name without its ending; it becomes part of a path, so it may hold no separator. */
export const recordingId = z
  .string()
  .regex(/^(?!.*\.\.)\d{4}-\d{2}-\d{2}-\d{6}-[\p{L}\p{N}_. -]{1,64}-\d{1,15}(?:~\d{1,4})?$/u, {
    error: 'not the id of a recording: /api/recordings lists them',
  })
  .describe('`id` of /api/recordings');

export const recordingTitle = z.string().trim().min(1).max(200).describe('What people call it');

export const recordingSummary = z.object({
  id: z.string(),
  file: z.string(),
  title: z.string(),
  presenter: z.string(),
  sessionid: z.int(),
  startedAt: z.string().describe('ISO 8601'),
  durationMs: z.number().nullable().describe('null until a recovered recording has been looked through'),
  bytes: z.int(),
  type: z.enum(['video/mp4', 'video/webm']),
  recovered: z.boolean().describe('It was cut off by a crash and put right at the next start'),
  subtitles: z.boolean().describe('Something was said in it: subtitles.vtt and subtitles.srt can be had'),
});
export type RecordingSummary = z.infer<typeof recordingSummary>;

/** What was said in a recording and when; times count from its beginning. */
export const recordedTurn = z.object({
  turn: z.int(),
  kind: z.enum(['chat', 'echo', 'audio']).optional(),
  text: z.string().optional().describe('What was asked (chat) or sent (echo, audio)'),
  interrupted: z.boolean().optional(),
  sentences: z.array(z.object({ text: z.string(), startMs: z.number(), endMs: z.number() })),
});
export type RecordedTurn = z.infer<typeof recordedTurn>;

export const recordingsReply = z.object({
  code: z.literal(0),
  data: z.object({ recordings: z.array(recordingSummary), total: z.int(), offset: z.int(), limit: z.int() }),
});
export const recordingReply = z.object({
  code: z.literal(0),
  data: recordingSummary.extend({ turns: z.array(recordedTurn) }),
});

export const voicesReply = z.object({
  code: z.literal(0),
  data: z.object({
    /** The engine that speaks when nothing fails. */
    engine: z.string(),
    engines: z.array(
      z.object({
        engine: z.string(),
        state: z.enum(['ready', 'unknown', 'failing']),
        problem: z.string().optional(),
        told: told.optional(),
        toldRemedy: told.optional(),
        retryInMs: z.number().optional(),
      }),
    ),
    voices: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        language: z.string().optional(),
        gender: z.enum(['female', 'male']).optional(),
      }),
    ),
    /** Why the list is empty, where the engine could not be asked. */
    problem: z.string().optional(),
  }),
});

/** Something that is made in the background: a clip, an export. */
export const jobView = z.object({
  id: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  progress: z.number().describe('0 to 1'),
  createdAt: z.string().describe('ISO 8601'),
  problem: z.string().optional().describe('Why it failed, for people'),
  told: told.optional(),
  warnings: z.array(z.string()),
  toldWarnings: z
    .array(told.nullable())
    .optional()
    .describe('The same by key, in the same order; null where there is none'),
});
export type JobView = z.infer<typeof jobView>;

export const clipView = jobView.extend({
  title: z.string(),
  avatar: z.string(),
  durationMs: z.number().optional(),
  bytes: z.number().optional(),
  widthPx: z.number().optional(),
  heightPx: z.number().optional(),
  transparent: z.boolean().describe('A WebM with alpha; an MP4 otherwise'),
});
export type ClipView = z.infer<typeof clipView>;

export const exportView = jobView.extend({
  format: z.enum(EXPORT_FORMATS),
  title: z.string(),
  source: z
    .object({ kind: z.enum(['recording', 'clip']), id: z.string(), title: z.string() })
    .describe('What it was made of, as it was called then'),
  bytes: z.number().optional(),
});
export type ExportView = z.infer<typeof exportView>;

export const addedReply = ok.extend({ data: z.object({ id: z.string() }) });
export const clipReply = z.object({ code: z.literal(0), data: clipView });
export const clipsReply = z.object({ code: z.literal(0), data: z.object({ clips: z.array(clipView) }) });
export const exportReply = z.object({ code: z.literal(0), data: exportView });
export const exportsReply = z.object({ code: z.literal(0), data: z.object({ exports: z.array(exportView) }) });
