import type { VideoCodec } from '../../encode/video';
import { HeraldError } from '../../errors';

/** What an offer asks for, rewritten so that werift answers it correctly. */
export interface NormalisedOffer {
  sdp: string;
  /** The codec that video will be sent in: H.264 where offered, VP8 otherwise. */
  videoCodec: VideoCodec;
}

interface Section {
  kind: string;
  lines: string[];
}

const MAX_SDP_CHARS = 200_000;
const TRANSPORT = /^a=(ice-ufrag|ice-pwd|ice-options|fingerprint|setup|candidate|end-of-candidates)\b/;

/**
 * Checks an offer and works around two habits of werift 0.24.4:
 * - it keeps the ICE credentials of the last bundled section while the peer uses the first one's (RFC 8843 section 9.2); aiortc
 *   sends different ones per section and never connects. The first bundled section's transport lines are copied to the others.
 * - it matches codecs by MIME type alone, so every H.264 profile offered would be answered. One H.264 (constrained baseline,
 *   packetization-mode 1), one VP8 and their rtx are kept, in that order.
 *
 * @throws HeraldError 'malformed' with what is missing.
 */
export function normaliseOffer(sdp: string): NormalisedOffer {
  if (sdp.length > MAX_SDP_CHARS)
    throw new HeraldError('too-large', `The SDP is longer than ${MAX_SDP_CHARS} characters`);
  if (!/^v=0\s*$/m.test(sdp.slice(0, 16))) throw malformed('it does not begin with v=0');
  const [head = '', ...rest] = sdp.trim().split(/\r?\n(?=m=)/);
  const sections = rest.map((text) => parseSection(text));
  const video = sections.find((s) => s.kind === 'video');
  if (!video) throw malformed('it has no video section; add a recvonly video transceiver');
  if (!/^a=fingerprint:/m.test(sdp)) throw malformed('it has no DTLS fingerprint');
  if (!/^a=ice-ufrag:/m.test(sdp)) throw malformed('it has no ICE credentials');
  shareTransport(head, sections);
  let videoCodec: VideoCodec | undefined;
  for (const section of sections) {
    if (section.kind === 'video') videoCodec = keepVideoCodecs(section);
  }
  if (!videoCodec) throw malformed('its video section offers neither H.264 nor VP8');
  const audio = sections.find((s) => s.kind === 'audio');
  if (audio && !audio.lines.some((l) => /^a=rtpmap:\d+ opus\/48000/i.test(l)))
    throw malformed('its audio section does not offer Opus');
  return {
    sdp: `${[head.trim(), ...sections.flatMap((s) => s.lines)].join('\r\n').replace(/\r?\n/g, '\r\n')}\r\n`,
    videoCodec,
  };
}

function parseSection(text: string): Section {
  const lines = text.trim().split(/\r?\n/);
  return { kind: /^m=(\S+)/.exec(lines[0] ?? '')?.[1] ?? '', lines };
}

function shareTransport(head: string, sections: Section[]): void {
  const bundled = /^a=group:BUNDLE (.*)$/m.exec(head)?.[1]?.trim().split(/\s+/) ?? [];
  const mid = (s: Section) =>
    s.lines
      .find((l) => l.startsWith('a=mid:'))
      ?.slice(6)
      .trim() ?? '';
  const first = sections.find((s) => mid(s) === bundled[0]);
  if (!first) return;
  const transport = first.lines.filter((l) => TRANSPORT.test(l));
  for (const section of sections) {
    if (section === first || !bundled.includes(mid(section))) continue;
    section.lines = [...section.lines.filter((l) => !TRANSPORT.test(l)), ...transport];
  }
}

function keepVideoCodecs(section: Section): VideoCodec | undefined {
  const names = new Map<string, string>();
  const formats = new Map<string, string>();
  for (const line of section.lines) {
    const map = /^a=rtpmap:(\d+) ([^/\s]+)\/90000/.exec(line);
    if (map) names.set(map[1]!, map[2]!.toLowerCase());
    const fmtp = /^a=fmtp:(\d+) (.*)$/.exec(line);
    if (fmtp) formats.set(fmtp[1]!, fmtp[2]!.toLowerCase());
  }
  const byName = (name: string) => [...names.keys()].filter((type) => names.get(type) === name);
  const h264 = byName('h264')
    .filter((type) => /packetization-mode=1/.test(formats.get(type) ?? ''))
    .sort((a, b) => profileRank(formats.get(a)) - profileRank(formats.get(b)))[0];
  const vp8 = byName('vp8')[0];
  const rtxOf = (type: string | undefined) =>
    type === undefined ? undefined : byName('rtx').find((rtx) => apt(formats.get(rtx)) === type);
  const kept = [h264, vp8, rtxOf(h264), rtxOf(vp8)].filter((type) => type !== undefined);
  if (!h264 && !vp8) return undefined;
  const [media = ''] = section.lines;
  const about = (line: string) => /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)\b/.exec(line)?.[1];
  const others = section.lines.slice(1).filter((line) => about(line) === undefined);
  // werift reads the codecs in the order of their rtpmap lines and answers in that order.
  const codecLines = kept.flatMap((type) => section.lines.filter((line) => about(line) === type));
  const wildcards = section.lines.filter((line) => /^a=rtcp-fb:\*/.test(line) && !others.includes(line));
  section.lines = [[...media.split(' ').slice(0, 3), ...kept].join(' '), ...others, ...wildcards, ...codecLines];
  return h264 ? 'h264' : 'vp8';
}

/** Constrained baseline first (every decoder has it), then other baselines, then the rest. */
function profileRank(format: string | undefined): number {
  if (format?.includes('profile-level-id=42e0')) return 0;
  if (format?.includes('profile-level-id=42')) return 1;
  return 2;
}

function apt(format: string | undefined): string | undefined {
  return /(?:^|;)\s*apt=(\d+)/.exec(format ?? '')?.[1];
}

function malformed(what: string): HeraldError {
  return new HeraldError('malformed', `The SDP offer cannot be used: ${what}`);
}
