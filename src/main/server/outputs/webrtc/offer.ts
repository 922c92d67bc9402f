import type { VideoCodec } from '../../encode/video';
import { HeraldError } from '../../errors';
import {
  MAX_SDP_CHARS,
  parseDescription,
  payloadTypes,
  type Section,
  shareBundledTransport,
  writeDescription,
} from './sdp';

/** What an offer asks for, rewritten so that werift answers it correctly. */
export interface NormalisedOffer {
  sdp: string;
  /** The codec that video will be sent in: H.264 where offered, VP8 otherwise. */
  videoCodec: VideoCodec;
  /** It has room for data channels. */
  dataChannels: boolean;
}

/** The program is encoded already, and in a codec that the offer does not have. */
export class CodecNotOffered extends HeraldError {
  constructor(codec: VideoCodec) {
    super(
      'malformed',
      `The program is encoded in ${CODEC_NAMES[codec]}, which the SDP offer does not have${codec === 'h264' ? ' with packetization-mode=1' : ''}: ` +
        `add ${CODEC_NAMES[codec]} to the codecs of the video section`,
    );
  }
}

const CODEC_NAMES = { h264: 'H.264', vp8: 'VP8' } as const;

/**
 * Checks an offer and works around two habits of werift 0.24.4: bundled sections share one transport (`shareBundledTransport`),
 * and as it matches codecs by MIME type alone, so that every H.264 profile offered would be answered, one H.264 (constrained
 * baseline, packetization-mode 1), one VP8 and their rtx are kept, in that order; with `running`, that codec alone.
 *
 * @throws HeraldError 'malformed' with what is missing; CodecNotOffered where `running` is not among its codecs.
 */
export function normaliseOffer(sdp: string, running?: VideoCodec): NormalisedOffer {
  if (sdp.length > MAX_SDP_CHARS)
    throw new HeraldError('too-large', `The SDP is longer than ${MAX_SDP_CHARS} characters`);
  if (!/^v=0\s*$/m.test(sdp.slice(0, 16))) throw malformed('it does not begin with v=0');
  const description = parseDescription(sdp);
  const { sections } = description;
  const video = sections.find((s) => s.kind === 'video');
  if (!video) throw malformed('it has no video section; add a recvonly video transceiver');
  if (!/^a=fingerprint:/m.test(sdp)) throw malformed('it has no DTLS fingerprint');
  if (!/^a=ice-ufrag:/m.test(sdp)) throw malformed('it has no ICE credentials');
  shareBundledTransport(description);
  let videoCodec: VideoCodec | undefined;
  for (const section of sections) {
    if (section.kind === 'video') videoCodec = keepVideoCodecs(section, running);
  }
  if (!videoCodec) {
    throw running ? new CodecNotOffered(running) : malformed('its video section offers neither H.264 nor VP8');
  }
  const audio = sections.find((s) => s.kind === 'audio');
  if (audio && !audio.lines.some((l) => /^a=rtpmap:\d+ opus\/48000/i.test(l)))
    throw malformed('its audio section does not offer Opus');
  const dataChannels = sections.some(
    ({ kind, lines }) => kind === 'application' && !/^m=application 0 /.test(lines[0]!),
  );
  return { sdp: writeDescription(description), videoCodec, dataChannels };
}

function keepVideoCodecs(section: Section, running?: VideoCodec): VideoCodec | undefined {
  const { names, formats } = payloadTypes(section);
  const byName = (name: string) => [...names.keys()].filter((type) => names.get(type) === name);
  const h264 = byName(running === 'vp8' ? '' : 'h264')
    .filter((type) => /packetization-mode=1/.test(formats.get(type) ?? ''))
    .sort((a, b) => profileRank(formats.get(a)) - profileRank(formats.get(b)))[0];
  const vp8 = byName(running === 'h264' ? '' : 'vp8')[0];
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
