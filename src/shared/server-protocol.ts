import { z } from 'zod';

/** What the panel "Server" asks for: the log, the address, who holds which token, the load. */

export const SCOPE_NAMES = ['view', 'control', 'admin'] as const;
export const scopeName = z
  .enum(SCOPE_NAMES, { error: `must be one of ${SCOPE_NAMES.join(', ')}` })
  .describe('view: look; control: speak, perform, record; admin: change the server');
export type ScopeName = z.infer<typeof scopeName>;

/** Least important first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export const logLevel = z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` });
export type LogLevel = z.infer<typeof logLevel>;

/** What one reply may hold, and what the server keeps. */
export const MAX_LOG_LINES = 2_000;

export const logsQuery = z.object({
  level: logLevel.default('trace').describe('Least important line that is wanted'),
  after: z
    .string()
    .max(64)
    .optional()
    .describe('`cursor` of an earlier reply: only what was written since. Without it, the last lines'),
  limit: z.coerce.number().int().min(1).max(MAX_LOG_LINES).default(500),
});

export const logLine = z.object({
  id: z.int().describe('Counts up by one per line while the server runs'),
  time: z.string().describe('ISO 8601'),
  level: logLevel,
  scope: z.string().optional().describe('The part that wrote it'),
  msg: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type LogLine = z.infer<typeof logLine>;

export const logsReply = z.object({
  code: z.literal(0),
  data: z.object({
    lines: z.array(logLine).describe('Oldest first'),
    cursor: z.string().describe('`after` of the next request'),
    missed: z
      .boolean()
      .describe('Lines after the given cursor are gone: too many came, or the server was started anew'),
  }),
});
export type LogPage = z.infer<typeof logsReply>['data'];

export const serverReply = z.object({
  code: z.literal(0),
  data: z.object({
    local: z.string().describe('Where a browser on this machine finds it'),
    host: z.string().describe('What it listens on'),
    port: z.int(),
    tls: z.boolean(),
    lan: z
      .array(z.object({ url: z.string(), interface: z.string() }))
      .describe('Where other machines find it, likeliest first; empty where it listens on this machine only'),
    asksToken: z
      .enum(['nobody', 'outside', 'everyone'])
      .describe(
        'outside: pages of other machines and public addresses; scripts of this machine and its LAN are served',
      ),
  }),
});
export type ServerAddress = z.infer<typeof serverReply>['data'];

export const accessReply = z.object({
  code: z.literal(0),
  data: z.object({ scope: scopeName, token: z.string().optional().describe('Name of the token that was shown') }),
});

export const tokenName = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}_.@ -]{1,64}$/u, { error: 'must be a name: letters, digits, "_", "-", ".", spaces' });

export const tokenView = z.object({
  name: z.string(),
  scope: scopeName,
  lastUsedAt: z.string().optional().describe('ISO 8601; since this start'),
});
export type TokenView = z.infer<typeof tokenView>;

export const tokensReply = z.object({
  code: z.literal(0),
  data: z.object({
    tokens: z.array(tokenView),
    links: z
      .object({ view: z.string(), control: z.string(), admin: z.string() })
      .describe("Tokens for QR codes: made of the server's own (admin), which they end with"),
  }),
});
export type TokensPage = z.infer<typeof tokensReply>['data'];

export const tokenBody = z.object({ name: tokenName, scope: scopeName });
export const newTokenReply = z.object({
  code: z.literal(0),
  data: tokenView.extend({ token: z.string().describe('Told this once: only its hash is kept') }),
});

/** Counters since the start, so that whoever asks twice knows the rate between. */
export const loadFigures = z.object({
  atMs: z.number().describe('A clock that only goes forward'),
  cpuMs: z.number().describe('CPU time of the server process'),
  childCpuMs: z.number().nullable().describe('... of its processes; null where the system does not tell'),
  cores: z.int(),
  rssBytes: z.number(),
  childRssBytes: z.number().nullable(),
  loopDelayMs: z.object({ p50Ms: z.number(), p99Ms: z.number(), maxMs: z.number() }),
  picturesSent: z.number(),
  picturesMissed: z.number().describe('Repeated because the next one was late, or dropped by the encoder'),
  mouthMisses: z.number(),
});
export type LoadFigures = z.infer<typeof loadFigures>;
