import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '../../../shared/settings';
import { HeraldError } from '../errors';
import { type Access, accessOf, page, type RouteClass, SCOPES, type Scope } from './access';
import { limitKey } from './address';
import { type Caller, decide, type ForwardedHeaders, type GuardPolicy, isSameOrigin } from './guard';
import { LOOPBACK_REQUESTS_PER_S, requestsPerSOf, WRONG_TOKENS } from './limits';
import type { Tokens } from './tokens';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, as the guard found. Set before any route runs. */
    caller: Caller;
    /** What its route asks of callers. Set before any route runs. */
    access: Access;
    /** The most that this caller may do, on any route. */
    mayDo(): Scope;
  }
  interface FastifyContextConfig {
    /** Pages and their assets: served without a token. */
    publicRoute?: boolean;
  }
}

/** What an unknown route asks: its 404 is told to whoever may look. */
const NO_ROUTE: Access = { scope: 'view', class: 'read' };

export function policyOf(settings: Settings, tokens: Tokens, ownNames: readonly string[]): GuardPolicy {
  return {
    tokens,
    requireToken: settings.require_token,
    noAuth: settings.no_auth,
    allowedHosts: settings.allowed_hosts,
    ownNames,
    trustProxy: settings.trust_proxy,
  };
}

/** Asks the guard about every request, then counts it. Needs @fastify/rate-limit registered, with `global: false`. */
export function guardRequests(app: FastifyInstance, policy: GuardPolicy, requestsPerS: number): void {
  const limited = requestsPerS > 0;
  const assertRate = rateByClass(app, requestsPerS);
  const keyGenerator = (request: FastifyRequest) => limitKey(request.caller.address);
  const wrongTokens = app.createRateLimit({ timeWindow: WRONG_TOKENS.windowMs, max: WRONG_TOKENS.max, keyGenerator });
  app.decorateRequest('caller');
  app.decorateRequest('access');
  app.decorateRequest('mayDo', function (this: FastifyRequest) {
    const asked = guardRequestOf(this);
    const may = (scope: Scope) => decide({ ...asked, access: { scope, class: 'read' } }, policy).allow;
    return SCOPES.findLast(may) ?? 'view';
  });
  app.addHook('onRequest', async (request) => {
    request.access = accessFor(request);
    const decision = decide(guardRequestOf(request), policy);
    request.caller = decision.caller;
    // Refused calls count too, or guessing tokens would be free.
    if (limited) await assertRate(request);
    const wrong = !decision.allow && decision.wrongToken === true;
    if (limited && (wrong || decision.caller.token !== undefined)) {
      const count = await wrongTokens(request, { increment: wrong });
      // The right one is refused as well by then: otherwise guessing could go on, and be told when it succeeds.
      if (!count.isAllowed && count.isExceeded) {
        throw new HeraldError('too-many', 'too many wrong tokens came from this address: wait', count.ttlInSeconds);
      }
    }
    if (!decision.allow) throw new HeraldError(decision.status === 401 ? 'unauthorised' : 'forbidden', decision.msg);
  });
}

function accessFor({ routeOptions, method, is404 }: FastifyRequest): Access {
  if (routeOptions.config?.publicRoute) return page;
  return routeOptions.url === undefined || is404 ? NO_ROUTE : accessOf(method, routeOptions.url);
}

/** Counts a request against all of its address's, and against those of its class where that is bounded more tightly. */
function rateByClass(app: FastifyInstance, requestsPerS: number): (request: FastifyRequest) => Promise<void> {
  const counterOf = (routeClass: RouteClass) => {
    const max = requestsPerSOf(routeClass, requestsPerS);
    return app.createRateLimit({
      timeWindow: 1_000,
      max: ({ caller }) => (caller.class === 'loopback' ? Math.max(LOOPBACK_REQUESTS_PER_S, max) : max),
      keyGenerator: ({ caller }) => `${routeClass} ${caller.class} ${limitKey(caller.address)}`,
    });
  };
  const all = counterOf('read');
  const tight = new Map((['offer', 'upload', 'events'] as const).map((name) => [name as RouteClass, counterOf(name)]));
  return async (request) => {
    for (const counter of [all, tight.get(request.access.class)]) {
      const count = await counter?.(request);
      if (count?.isAllowed === false && count.isExceeded) {
        const what = counter === all ? 'requests' : `requests of the kind "${request.access.class}"`;
        throw new HeraldError(
          'too-many',
          `more than ${count.max} ${what} within a second (--rate_limit)`,
          count.ttlInSeconds,
        );
      }
    }
  };
}

/** True for our own page in a window or tab on this machine: it says so, and nothing else can say it from outside. */
export function isStudioPage(request: FastifyRequest): boolean {
  const { headers, caller } = request;
  return (
    caller.class === 'loopback' && headers['x-herald-studio'] === '1' && isSameOrigin(headers.origin, headers.host)
  );
}

/**
 * For what holds keys and says who is let in. The guard has asked callers from outside for a token that may; on this machine another
 * program's page, which the guard serves too, has no business there.
 */
export function isOwnPageOrHolder({ headers, caller }: FastifyRequest): boolean {
  return caller.token !== undefined || (caller.class === 'loopback' && isSameOrigin(headers.origin, headers.host));
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
    access: request.access,
  };
}

function forwardedHeaders(headers: FastifyRequest['headers']): ForwardedHeaders {
  const present = Object.keys(headers).some(
    (name) => name === 'forwarded' || name.startsWith('x-forwarded-') || name === 'x-real-ip',
  );
  const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : value);
  return { present, forwarded: one(headers.forwarded), xForwardedFor: one(headers['x-forwarded-for']) };
}
