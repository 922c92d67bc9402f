import { describe, expect, it } from 'vitest';
import { iceServersOfLinks, linksOfIceServers } from './ice-link';

describe('iceServersOfLinks', () => {
  it("reads RFC 9725's own example", () => {
    const header =
      '<stun:stun.example.net>; rel="ice-server", ' +
      '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="myPassword"; credential-type="password", ' +
      '<turns:turn.example.net?transport=tcp>; rel="ice-server"; username="user"; credential="myPassword"; credential-type="password"';
    expect(iceServersOfLinks(header)).toEqual([
      { urls: 'stun:stun.example.net' },
      { urls: 'turn:turn.example.net?transport=udp', username: 'user', credential: 'myPassword' },
      { urls: 'turns:turn.example.net?transport=tcp', username: 'user', credential: 'myPassword' },
    ]);
  });

  it('takes commas, semicolons and escaped quotes in values for what they are', () => {
    expect(
      iceServersOfLinks(
        '<stun:a>;rel=ice-server , <turn:b>; credential="p,w;\\"d\\\\"; username=u; rel="x ice-server"',
      ),
    ).toEqual([{ urls: 'stun:a' }, { urls: 'turn:b', username: 'u', credential: 'p,w;"d\\' }]);
  });

  it('leaves out other relations, other addresses and credentials that are no passwords', () => {
    const header =
      '<https://whip.example/ext/sse>; rel="urn:ietf:params:whip:ext:core:server-sent-events", <http://a>; rel=ice-server, ' +
      '<turn:c>; rel=ice-server; username=u; credential=t; credential-type=oauth';
    expect(iceServersOfLinks(header)).toEqual([]);
    expect(iceServersOfLinks(null)).toEqual([]);
    expect(iceServersOfLinks('nonsense, <unclosed; rel="ice-server"')).toEqual([]);
  });

  it('reads a hostile header in no time', () => {
    expect(iceServersOfLinks(`<stun:a>${';a="\\'.repeat(100_000)}`)).toEqual([]);
  });

  it('reads back what it writes', () => {
    const servers = [
      { urls: 'stun:stun.example:3478' },
      { urls: 'turn:turn.example:3478?transport=udp', username: 'ann', credential: 'a"b\\c, d; e' },
    ];
    expect(iceServersOfLinks(linksOfIceServers(servers).join(', '))).toEqual(servers);
  });
});
