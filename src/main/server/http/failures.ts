import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { FailureReply } from '../../../shared/protocol';
import { alsoTold } from '../../../shared/told';
import { HeraldError, type HeraldErrorKind } from '../errors';
import type { Log } from '../log';

const STATUS: Record<HeraldErrorKind, number> = {
  malformed: 400,
  unauthorised: 401,
  forbidden: 403,
  'not-found': 404,
  'too-large': 413,
  'too-many': 429,
  limit: 503,
  refused: 200,
};

/** How long a client should wait where nobody knows better. */
const DEFAULT_RETRY_AFTER_S = 3;

const failure = (msg: string): FailureReply => ({ code: -1, msg, ...alsoTold(msg) });

/** Every thrown thing becomes `{code:-1,msg}` with the status of its kind; what is not ours is logged and kept inside. */
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  // A route may have named its own type already (a file, a page); an object under it could not be sent.
  reply.type('application/json; charset=utf-8');
  if (error instanceof HeraldError) return replyWithHeraldError(error, reply);
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    // fastify and its plugins: malformed URLs, multipart limits and the like.
    return reply.code(statusCode).send(failure(message ?? 'the request cannot be understood'));
  }
  log.error({ err: error, method: request.method, path: pathOf(request.url) }, 'request failed unexpectedly');
  return reply.code(500).send(failure("internal error: Herald's log has the details"));
}

function replyWithHeraldError(error: HeraldError, reply: FastifyReply): FastifyReply {
  if (error.kind === 'limit' || error.kind === 'too-many') {
    reply.header('retry-after', String(Math.ceil(error.retryAfterS ?? DEFAULT_RETRY_AFTER_S)));
  }
  // RFC 9110, 11.6.1: a 401 names the scheme that it asks for.
  if (error.kind === 'unauthorised') reply.header('www-authenticate', 'Bearer realm="Herald"');
  return reply.code(STATUS[error.kind]).send(failure(error.message));
}

/** The path alone: a query may hold the token. */
export const pathOf = (url: string): string => url.split('?', 1)[0]!;

/** What zod found, with the names of the keys: `text: missing; interrupt: must be boolean, not string`. */
export function errorOfIssues(error: z.core.$ZodError, input: unknown): HeraldError {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return new HeraldError('malformed', 'the body must be one JSON object');
  }
  const tooLong = error.issues.some((issue) => issue.code === 'too_big' && issue.origin === 'string');
  const msg = error.issues.map((issue) => `${issue.path.join('.')}: ${reasonOf(issue, input)}`).join('; ');
  return new HeraldError(tooLong ? 'too-large' : 'malformed', msg);
}

function reasonOf(issue: z.core.$ZodIssue, input: object): string {
  if (valueAt(input, issue.path) === undefined) return 'missing';
  if (issue.code === 'invalid_type') {
    return `must be ${issue.expected}, not ${typeName(valueAt(input, issue.path))}`;
  }
  if (issue.code === 'too_big' && issue.origin === 'string')
    return `longer than ${issue.maximum} characters: send it in parts`;
  return issue.message;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input);
}

const typeName = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
