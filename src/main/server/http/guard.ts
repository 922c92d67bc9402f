import { isIP } from 'node:net';
import { type Access, includes } from './access';
import { type AddressClass, bareIp, classifyAddress } from './address';
import type { Tokens } from './tokens';

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
  /** What the route asks of its callers. */
  access: Access;
}

export interface ForwardedHeaders {
  present: boolean;
  forwarded?: string;
  xForwardedFor?: string;
}

export interface GuardPolicy {
  tokens: Tokens;
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
  /** The name of the token that was shown, where it was a right one. */
  token?: string;
}

export type GuardDecision =
  | { allow: true; caller: Caller }
  /** `wrongToken`: it showed one that is nobody's. */
  | { allow: false; status: 401 | 403; msg: string; caller: Caller; wrongToken?: boolean };

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
  const given = tokensOf(request);
  const holder = policy.tokens.holderOf(given);
  const known = holder ? { ...caller, token: holder.name } : caller;
  const { access } = request;
  if (holder && includes(holder.scope, access.scope)) return { allow: true, caller: known };

  const why = policy.requireToken ? 'this server was started with --require_token' : whyNotTrusted(request, caller);
  if (why === undefined && mayWithoutToken(access, caller)) return { allow: true, caller: known };
  if (holder) {
    const msg = `The token "${holder.name}" may ${holder.scope}; this call needs one that may ${access.scope}`;
    return { allow: false, status: 403, msg, caller: known };
  }
  const msg = howToCallIn(why ?? 'it concerns the server itself and comes from another machine');
  return { allow: false, status: 401, msg, caller, ...(given.length > 0 && { wrongToken: true }) };
}

/** What is open to this machine and its LAN: to the LAN all that viewers and scripts do, but not the server itself. */
function mayWithoutToken({ scope, tokenOnLan }: Access, caller: Caller): boolean {
  return caller.class === 'loopback' || (scope !== 'admin' && !tokenOnLan);
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

function tokensOf({ authorization, queryToken }: GuardRequest): string[] {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  return [bearer, queryToken].filter((given) => given !== undefined && given !== '') as string[];
}

const printable = (text: string | undefined) => (text ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
