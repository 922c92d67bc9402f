import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '../../../shared/settings';
import { HeraldError } from '../errors';
import { limitKey } from './address';
import { type Caller, decide, type ForwardedHeaders, type GuardPolicy, isSameOrigin } from './guard';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, as the guard found. Set before any route runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Pages and their assets: served without a token. */
    publicRoute?: boolean;
  }
}

/** A person's own scripts poll fast; this much is always free to them. */
const LOOPBACK_REQUESTS_PER_S = 200;

export function policyOf(settings: Settings, token: string, ownNames: readonly string[]): GuardPolicy {
  return {
    token,
    requireToken: settings.require_token,
    noAuth: settings.no_auth,
    allowedHosts: settings.allowed_hosts,
    ownNames,
    trustProxy: settings.trust_proxy,
  };
}

/** Asks the guard about every request, then counts it. Needs @fastify/rate-limit registered, with `global: false`. */
export function guardRequests(app: FastifyInstance, policy: GuardPolicy, requestsPerS: number): void {
  const countRequest = app.createRateLimit({
    timeWindow: 1_000,
    max: (request) =>
      request.caller.class === 'loopback' ? Math.max(LOOPBACK_REQUESTS_PER_S, requestsPerS) : requestsPerS,
    keyGenerator: (request) => `${request.caller.class} ${limitKey(request.caller.address)}`,
  });
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    const decision = decide(guardRequestOf(request), policy);
    request.caller = decision.caller;
    if (requestsPerS > 0) {
      // Refused calls count too, or guessing tokens would be free.
      const count = await countRequest(request);
      if (!count.isAllowed && count.isExceeded) {
        throw new HeraldError(
          'too-many',
          `more than ${count.max} requests within a second (--rate_limit)`,
          count.ttlInSeconds,
        );
      }
    }
    if (!decision.allow) throw new HeraldError(decision.status === 401 ? 'unauthorised' : 'forbidden', decision.msg);
  });
}

/** True for our own page in a window or tab on this machine: it says so, and nothing else can say it from outside. */
export function isStudioPage(request: FastifyRequest): boolean {
  const { headers, caller } = request;
  return (
    caller.class === 'loopback' && headers['x-herald-studio'] === '1' && isSameOrigin(headers.origin, headers.host)
  );
}

function guardRequestOf(request: FastifyRequest) {
  const { headers } = request;
  const { token } = request.query as { token?: unknown };
  return {
    method: request.method,
    host: headers.host,
    origin: headers.origin,
    forwarded: forwardedHeaders(headers),
    remoteAddress: request.raw.socket.remoteAddress,
    authorization: headers.authorization,
    queryToken: typeof token === 'string' ? token : undefined,
    publicRoute: request.routeOptions.config?.publicRoute === true,
  };
}

function forwardedHeaders(headers: FastifyRequest['headers']): ForwardedHeaders {
  const present = Object.keys(headers).some(
    (name) => name === 'forwarded' || name.startsWith('x-forwarded-') || name === 'x-real-ip',
  );
  const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : value);
  return { present, forwarded: one(headers.forwarded), xForwardedFor: one(headers['x-forwarded-for']) };
}
