import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyText, fuzzRuns } from '../../../../../testing/fuzz';
import { HeraldError } from '../../errors';
import { normaliseOffer } from './offer';
import { MAX_SDP_CHARS } from './sdp';

const section = (kind: string, port: number, codecs: string[]) => [
  `m=${kind} ${port} UDP/TLS/RTP/SAVPF 96 97 98 99`,
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
  'a=setup:actpass',
  'a=recvonly',
  ...codecs,
];
const OFFER = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  ...section('video', 9, [
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 packetization-mode=1;profile-level-id=42e01f',
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
    'a=rtpmap:98 VP8/90000',
  ]),
  ...section('audio', 9, ['a=rtpmap:99 opus/48000/2']),
];

/** A usable description, or a failure for people: nothing else may come out. */
function outcome(sdp: string): 'used' | 'refused' {
  try {
    const { sdp: normal, videoCodec } = normaliseOffer(sdp);
    expect(['h264', 'vp8']).toContain(videoCodec);
    expect(normal.length).toBeLessThan(sdp.length * 4 + 1_000);
    return 'used';
  } catch (error) {
    expect(error).toBeInstanceOf(HeraldError);
    expect((error as Error).message.length).toBeLessThan(500);
    return 'refused';
  }
}

it('an offer with any lines lost, doubled, swapped or replaced is used or refused', () => {
  expect(outcome(OFFER.join('\r\n'))).toBe('used');
  const at = fc.nat({ max: OFFER.length - 1 });
  const change = fc.oneof(
    fc.record({ kind: fc.constant('lose' as const), at }),
    fc.record({ kind: fc.constant('double' as const), at, times: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ kind: fc.constant('swap' as const), at, with: at }),
    fc.record({ kind: fc.constant('replace' as const), at, line: anyText(60) }),
    fc.record({ kind: fc.constant('graft' as const), at, tail: fc.string({ maxLength: 40 }) }),
  );
  const seen = { used: 0, refused: 0 };
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.constantFrom('\r\n', '\n', '\r'), (changes, end) => {
      const lines = [...OFFER];
      for (const one of changes) {
        if (one.kind === 'lose') lines.splice(one.at, 1);
        else if (one.kind === 'double') lines.splice(one.at, 0, ...Array<string>(one.times).fill(lines[one.at] ?? ''));
        else if (one.kind === 'swap') [lines[one.at], lines[one.with]] = [lines[one.with] ?? '', lines[one.at] ?? ''];
        else if (one.kind === 'replace') lines[one.at] = one.line;
        else lines[one.at] = `${lines[one.at] ?? ''}${one.tail}`;
      }
      seen[outcome(lines.join(end))]++;
    }),
    fuzzRuns(150),
  );
  // Both ends of the scale were met, or the changes try nothing.
  expect(Math.min(seen.used, seen.refused)).toBeGreaterThan(0);
});

it('SDP bomb: many sections, codecs or attributes, and endless lines, are done with or refused by size', () => {
  const video = section('video', 9, ['a=rtpmap:98 VP8/90000']);
  const fill = (line: string) => Array<string>(Math.floor((MAX_SDP_CHARS - 2_000) / (line.length + 2))).fill(line);
  const bombs = [
    [...OFFER.slice(0, 5), ...Array.from({ length: 100 }, () => video).flat()],
    [...OFFER, ...fill('a=rtpmap:98 VP8/90000')],
    [...OFFER, ...fill('a=fmtp:97 apt=96')],
    [...OFFER, ...fill('a=rtcp-fb:* nack')],
    [...OFFER, ...fill('a=candidate:1 1 udp 1 10.0.0.1 9 typ host')],
    [...OFFER, `a=x:${' '.repeat(MAX_SDP_CHARS - 3_000)}`],
  ];
  for (const bomb of bombs) outcome(bomb.join('\r\n'));
  expect(outcome(`v=0\r\n${'a'.repeat(MAX_SDP_CHARS)}`)).toBe('refused');
});

it('is the only way from an offer to the library', () => {
  // werift's own parser is not made for strangers: whatever calls it has to pass here first.
  const registry = readFileSync(new URL('../../session/registry.ts', import.meta.url), 'utf8');
  expect(registry.indexOf('normaliseOffer(')).toBeGreaterThan(0);
  expect(registry).not.toContain('setRemoteDescription');
});
