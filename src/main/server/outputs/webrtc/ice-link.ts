import type { IceServer } from './connection';

/** RFC 8288 section 3: `<target>` and its parameters, whose values are tokens or quoted strings. */
const LINK = /<([^<>]*)>((?:[ \t]*;[ \t]*[\w!#$&+\-.^`|~*]+[ \t]*(?:=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)/g;
const PARAMETER = /;[ \t]*([\w!#$&+\-.^`|~*]+)[ \t]*(?:=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/g;
const ICE_URL = /^(?:stuns?|turns?):\S+$/i;
const MAX_HEADER_CHARS = 16_384;

/** The ICE servers of `Link` headers (RFC 9725 section 4.6); several headers may be joined with commas. Others are left out. */
export function iceServersOfLinks(header: string | null | undefined): IceServer[] {
  const servers: IceServer[] = [];
  for (const [, target = '', rest = ''] of (header ?? '').slice(0, MAX_HEADER_CHARS).matchAll(LINK)) {
    const parameters = new Map<string, string>();
    for (const [, name = '', quoted, token] of rest.matchAll(PARAMETER)) {
      // RFC 8288 section 3.3: of a parameter that comes twice the first counts.
      const key = name.toLowerCase();
      if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
    }
    const relations = parameters.get('rel')?.toLowerCase().split(/\s+/) ?? [];
    if (!relations.includes('ice-server') || !ICE_URL.test(target)) continue;
    if ((parameters.get('credential-type') ?? 'password').toLowerCase() !== 'password') continue;
    const username = parameters.get('username');
    const credential = parameters.get('credential');
    servers.push({ urls: target, ...(username && { username }), ...(credential && { credential }) });
  }
  return servers;
}

/** One `Link` header value per ICE server. */
export function linksOfIceServers(servers: readonly IceServer[]): string[] {
  return servers.map(({ urls, username, credential }) => {
    const secret =
      username === undefined
        ? ''
        : `; username=${quoted(username)}; credential=${quoted(credential ?? '')}; credential-type="password"`;
    return `<${urls}>; rel="ice-server"${secret}`;
  });
}

/** A header holds visible ASCII; anything else in a credential is left to settings that a header can carry. */
const quoted = (text: string) => `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;
