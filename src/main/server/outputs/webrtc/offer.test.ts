import { describe, expect, it } from 'vitest';
import { CodecNotOffered, normaliseOffer } from './offer';

const TRANSPORT = (n: number) =>
  `a=ice-ufrag:user${n}\na=ice-pwd:password${n}password${n}00\na=fingerprint:sha-256 AA:BB\na=setup:actpass`;
const offer = (video: string, { bundle = '0 1' } = {}) =>
  [
    'v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0',
    `a=group:BUNDLE ${bundle}`,
    `m=audio 9 UDP/TLS/RTP/SAVPF 111\nc=IN IP4 0.0.0.0\na=mid:0\na=recvonly\n${TRANSPORT(1)}\na=rtpmap:111 opus/48000/2`,
    `${video}\nc=IN IP4 0.0.0.0\na=mid:1\na=recvonly\n${TRANSPORT(2)}`,
  ].join('\n');

const CHROMIUM_VIDEO = `m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 102 103 104 105 106 107 45
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:98 VP9/90000
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:104 H264/90000
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:106 H264/90000
a=rtcp-fb:106 nack
a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:107 rtx/90000
a=fmtp:107 apt=106
a=rtpmap:45 AV1/90000`;

describe('normaliseOffer', () => {
  it('keeps constrained-baseline H.264, VP8 and their rtx, in that order', () => {
    const { sdp, videoCodec } = normaliseOffer(offer(CHROMIUM_VIDEO));
    expect(videoCodec).toBe('h264');
    expect(sdp).toContain('m=video 9 UDP/TLS/RTP/SAVPF 106 96 107 97\r\n');
    expect([...sdp.matchAll(/a=rtpmap:(\d+) (?:H264|VP8|rtx)/g)].map((m) => m[1])).toEqual(['106', '96', '107', '97']);
    expect(sdp).not.toMatch(/VP9|AV1|:102 |:104 /);
  });

  it('falls back to VP8 where H.264 with packetization-mode 1 is not offered', () => {
    const { videoCodec, sdp } = normaliseOffer(
      offer(
        'm=video 9 UDP/TLS/RTP/SAVPF 96 104\na=rtpmap:96 VP8/90000\na=rtpmap:104 H264/90000\na=fmtp:104 packetization-mode=0',
      ),
    );
    expect(videoCodec).toBe('vp8');
    expect(sdp).toContain('SAVPF 96\r\n');
  });

  it('gives every bundled section the first one’s transport (aiortc sends its own per section)', () => {
    const { sdp } = normaliseOffer(offer(CHROMIUM_VIDEO));
    expect(sdp.match(/a=ice-ufrag:user1/g)).toHaveLength(2);
    expect(sdp).not.toContain('user2');
  });

  it('keeps the codec of a running program alone, and says so where the offer lacks it', () => {
    const { sdp, videoCodec } = normaliseOffer(offer(CHROMIUM_VIDEO), 'vp8');
    expect(videoCodec).toBe('vp8');
    expect(sdp).toContain('m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n');
    expect(normaliseOffer(offer(CHROMIUM_VIDEO), 'h264').sdp).toContain('m=video 9 UDP/TLS/RTP/SAVPF 106 107\r\n');
    const vp8Only = offer('m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000');
    expect(() => normaliseOffer(vp8Only, 'h264')).toThrow(CodecNotOffered);
    expect(() => normaliseOffer(vp8Only, 'h264')).toThrow(/encoded in H.264.*packetization-mode=1/);
  });

  it('leaves unbundled sections alone', () => {
    expect(normaliseOffer(offer(CHROMIUM_VIDEO, { bundle: '0' })).sdp).toContain('a=ice-ufrag:user2');
  });

  it.each([
    ['garbage', 'hello', /does not begin with v=0/],
    ['nothing', '', /does not begin with v=0/],
    ['no video', 'v=0\nm=audio 9 x 111\na=rtpmap:111 opus/48000/2', /no video section/],
    ['unknown codecs', offer('m=video 9 UDP/TLS/RTP/SAVPF 98\na=rtpmap:98 VP9/90000'), /neither H.264 nor VP8/],
    ['no fingerprint', offer(CHROMIUM_VIDEO).replaceAll(/a=fingerprint.*/g, ''), /no DTLS fingerprint/],
    ['no credentials', offer(CHROMIUM_VIDEO).replaceAll(/a=ice-ufrag.*/g, ''), /no ICE credentials/],
    ['1 MB', `v=0\n${'a'.repeat(1_000_000)}`, /longer than/],
  ])('refuses %s with what is wrong', (_, sdp, message) => {
    expect(() => normaliseOffer(sdp)).toThrow(message);
  });
});
