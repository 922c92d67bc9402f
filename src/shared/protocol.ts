import { z } from 'zod';

/** What happened in a session, as sent on /sse. Sent when the audio it belongs to is sent, not when it is queued. */
export const sessionEvent = z.discriminatedUnion('status', [
  z.object({ status: z.literal('start'), text: z.string(), turn: z.number() }),
  z.object({ status: z.literal('end'), text: z.string(), turn: z.number(), interrupted: z.boolean().optional(), playedMs: z.number().optional() }),
  z.object({ status: z.literal('error'), part: z.string(), message: z.string() }),
  z.object({ status: z.literal('interrupted'), turn: z.number(), playedMs: z.number() }),
  z.object({ status: z.literal('mode'), audiotype: z.number() }),
  z.object({ status: z.literal('closed'), reason: z.string() }),
]);
export type SessionEvent = z.infer<typeof sessionEvent>;

export const sessionSummary = z.object({
  sessionid: z.number(),
  avatar: z.string(),
  state: z.enum(['connecting', 'idle', 'speaking', 'acting', 'closed']),
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
