import type { RouteClass } from './access';

/**
 * Every bound that the server sets to callers, beside those that are settings (`--rate_limit`, `--max_upload_mb`). SECURITY.md
 * tells them; each keeps one caller from taking what all share.
 */

/** A person's own scripts poll fast; this much is always free to them, of every class. */
export const LOOPBACK_REQUESTS_PER_S = 200;

/** How much of `--rate_limit` (100/s by default) may be work that costs more than an answer: building, decoding, holding a socket. */
const SHARE: Partial<Record<RouteClass, number>> = { offer: 0.1, upload: 0.1, events: 0.1 };

/** Requests per second and address of one class; at least one, or a low limit would forbid it altogether. */
export const requestsPerSOf = (routeClass: RouteClass, requestsPerS: number): number =>
  Math.max(1, Math.round(requestsPerS * (SHARE[routeClass] ?? 1)));

/** Wrong tokens from one address; after that its tokens are not looked at until the window is over. */
export const WRONG_TOKENS = { max: 20, windowMs: 60_000 } as const;

/** Open sockets. What is left of the total after those from outside is for this machine, so that a flood does not lock its owner out. */
export const CONNECTIONS = { total: 1_024, fromOutside: 896, perAddress: 128 } as const;

/** Open event streams (/sse). Those of this machine are bounded only in all. */
export const EVENT_STREAMS = { total: 256, perAddress: 32 } as const;

/** A request, upload included, must have arrived by then; its headers sooner (a slow sender holds a connection). */
export const REQUEST_LIMIT_MS = 300_000;
export const HEADERS_LIMIT_MS = 20_000;
/** Node looks for sockets past those two limits this often; its default of 30 s would make 50 s of the 20. */
export const CONNECTIONS_CHECK_MS = 5_000;
/** A TLS handshake that is not done by then is given up (Node's default is 120 s). */
export const HANDSHAKE_LIMIT_MS = 10_000;
/** A peer that vanished without a word (half-open) is asked after this much silence. */
export const KEEP_ALIVE_PROBE_MS = 30_000;

/** A body that comes slower than this in two windows on end is cut off (slow POST). A modem does better. */
export const SLOW_BODY = { windowMs: 5_000, minBytesPerS: 512 } as const;
