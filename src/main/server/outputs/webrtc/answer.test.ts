import { describe, expect, it } from 'vitest';
import { normaliseAnswer } from './answer';

const answer = ({ port = 9, codec = 'H264', direction = 'recvonly' } = {}) =>
  [
    'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=ice-ufrag:first\r\na=rtpmap:96 opus/48000/2',
    `m=video ${port} UDP/TLS/RTP/SAVPF 97\r\na=mid:1\r\na=ice-ufrag:second\r\na=${direction}\r\na=rtpmap:97 ${codec}/90000`,
  ].join('\r\n');

describe('normaliseAnswer', () => {
  it('gives bundled sections one transport', () => {
    const sdp = normaliseAnswer(answer(), 'h264');
    expect(sdp.match(/a=ice-ufrag:first\r\n/g)).toHaveLength(2);
    expect(sdp).not.toContain('second');
  });

  it.each([
    ['a rejected section', answer({ port: 0 })],
    ['another codec', answer({ codec: 'VP8' })],
    ['an inactive section', answer({ direction: 'inactive' })],
    ['no video at all', answer().split('\r\nm=video')[0]!],
  ])('says that the server does not take the codec: %s', (_, sdp) => {
    expect(() => normaliseAnswer(sdp, 'h264')).toThrow(/does not take H.264 video/);
  });

  it('asks whether the address is right where the answer is a web page', () => {
    expect(() => normaliseAnswer('<html></html>', 'h264')).toThrow(
      /is not SDP: is the address that of a WHIP endpoint/,
    );
  });
});
