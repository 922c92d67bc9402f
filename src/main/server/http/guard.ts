import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { type AddressClass, bareIp, classifyAddress } from './address';

/** What the guard looks at. Nothing here comes from fastify, so every rule can be tested as a table. */
export interface GuardRequest {
  method: string;
  host: string | undefined;
  origin: string | undefined;
  /** `Forwarded`, `X-Forwarded-For` and whether any header of a proxy is there at all. */
  forwarded: ForwardedHeaders;
  /** The socket's peer. */
  remoteAddress: string | undefined;
  authorization: string | undefined;
  /** `?token=`, for places where headers cannot be set (EventSource, <video>, a QR code). */
  queryToken: string | undefined;
  /** Pages and their assets hold nothing secret: a browser must be able to load them before it can send a token. */
  publicRoute: boolean;
}

export interface ForwardedHeaders {
  present: boolean;
  forwarded?: string;
  xForwardedFor?: string;
}

export interface GuardPolicy {
  token: string;
  requireToken: boolean;
  noAuth: boolean;
  /** `--allowed_hosts` */
  allowedHosts: readonly string[];
  /** This machine's names, without `.local`. */
  ownNames: readonly string[];
  trustProxy: boolean;
}

export interface Caller {
  /** The client's own address, as far as it can be believed. */
  address: string;
  class: AddressClass;
}

export type GuardDecision =
  | { allow: true; caller: Caller }
  | { allow: false; status: 401 | 403; msg: string; caller: Caller };

/** The rules of DESIGN's security chapter. */
export function decide(request: GuardRequest, policy: GuardPolicy): GuardDecision {
  const caller = callerOf(request, policy.trustProxy);
  if (policy.noAuth) return { allow: true, caller };
  if (!isOwnHost(request.host, policy)) {
    const msg =
      `Host "${printable(request.host)}" is not a name of this server: ` +
      'call it by its IP address or as localhost, or start it with --allowed_hosts NAME';
    return { allow: false, status: 403, msg, caller };
  }
  // A preflight (Fetch standard, 4.8) cannot carry the token and does nothing.
  if (request.method === 'OPTIONS' || request.publicRoute) return { allow: true, caller };
  if (hasToken(request, policy.token)) return { allow: true, caller };
  const why = policy.requireToken ? 'this server was started with --require_token' : whyNotTrusted(request, caller);
  return why === undefined ? { allow: true, caller } : { allow: false, status: 401, msg: howToCallIn(why), caller };
}

/** Why a caller without a token is refused, or undefined when it is served. */
function whyNotTrusted(request: GuardRequest, caller: Caller): string | undefined {
  if (caller.class === 'public') {
    return request.forwarded.present
      ? 'the call came through a proxy (--trust_proxy believes one on this machine or LAN)'
      : 'the call comes from outside this network';
  }
  if (request.origin === undefined) return undefined;
  return isLoopbackOrigin(request.origin) ? undefined : `pages of ${printable(request.origin)} are not of this machine`;
}

const howToCallIn = (why: string) =>
  `This call needs Herald's token, because ${why}. Send the header "Authorization: Bearer TOKEN" or add ?token=TOKEN to the ` +
  "address. The token stands in Herald's panel and in its log at start; --token sets it.";

/**
 * A proxy hides where a call comes from: with its headers a call is never of this machine or LAN. --trust_proxy believes a
 * proxy that is itself on this machine or LAN, and then only the last address, the one that this proxy saw itself.
 */
function callerOf({ forwarded, remoteAddress }: GuardRequest, trustProxy: boolean): Caller {
  const socket = { address: bareIp(remoteAddress ?? ''), class: classifyAddress(remoteAddress) };
  if (!forwarded.present || socket.class === 'public') return socket;
  const client = trustProxy ? lastForwarded(forwarded) : undefined;
  if (client === undefined) return { ...socket, class: 'public' };
  return { address: bareIp(client), class: classifyAddress(client) };
}

function lastForwarded({ forwarded, xForwardedFor }: ForwardedHeaders): string | undefined {
  if (xForwardedFor !== undefined) return xForwardedFor.split(',').at(-1)?.trim();
  // RFC 7239: elements by comma, parameters by semicolon, IPv6 quoted and in brackets.
  const last = forwarded?.split(',').at(-1) ?? '';
  return /(?:^|;)\s*for\s*=\s*"?([^";]+)"?/i.exec(last)?.[1]?.trim();
}

/**
 * The host part of a Host header must be an address or a name that is ours. A page that rebinds its own DNS name to this
 * machine sends that name and is refused.
 */
function isOwnHost(host: string | undefined, policy: GuardPolicy): boolean {
  const name = hostNameOf(host);
  if (name === undefined) return false;
  if (isIP(name) !== 0 || isLocalhost(name)) return true;
  if (policy.allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true;
  return policy.ownNames.some((own) => {
    const lower = own.toLowerCase();
    return name === lower || name === `${lower}.local`;
  });
}

function hostNameOf(host: string | undefined): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host ?? '');
  const name = match?.[1] ?? match?.[2];
  // `localhost.` is the same name, fully qualified.
  return name?.replace(/\.$/, '').toLowerCase();
}

/** RFC 6761: `localhost` and everything below it is this machine. */
const isLocalhost = (name: string) => name === 'localhost' || name.endsWith('.localhost');

function isLoopbackOrigin(origin: string): boolean {
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return isLocalhost(hostname) || classifyAddress(hostname) === 'loopback';
}

/** True when a page of ours, served by this very process, made the call (RFC 6454: scheme, host and port are one origin). */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

function hasToken({ authorization, queryToken }: GuardRequest, token: string): boolean {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  return [bearer, queryToken].some((given) => given !== undefined && equalInConstantTime(given, token));
}

/** Hashing first makes the lengths equal, so that neither content nor length shows in the time taken. */
function equalInConstantTime(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return b !== '' && timingSafeEqual(digest(a), digest(b));
}

const printable = (text: string | undefined) => (text ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
