import type { VideoCodec } from '../../encode/video';
import { HeraldError } from '../../errors';
import { parseDescription, payloadTypes, shareBundledTransport, writeDescription } from './sdp';

/**
 * Checks the answer to an offer of ours and gives its bundled sections one transport.
 * @throws HeraldError 'refused' where the other side takes no video in this codec, or does not answer like a WebRTC endpoint.
 */
export function normaliseAnswer(sdp: string, codec: VideoCodec): string {
  if (!/^v=0\s*$/m.test(sdp.slice(0, 16))) {
    throw new HeraldError('refused', 'The answer is not SDP: is the address that of a WHIP endpoint?');
  }
  const description = parseDescription(sdp);
  const video = description.sections.find((section) => section.kind === 'video');
  const rejected = !video || /^m=video 0 /.test(video.lines[0]!) || video.lines.includes('a=inactive');
  if (rejected || ![...payloadTypes(video).names.values()].includes(codec)) {
    const name = codec === 'h264' ? 'H.264' : 'VP8';
    throw new HeraldError('refused', `The server does not take ${name} video: allow ${name} in its settings`);
  }
  shareBundledTransport(description);
  return writeDescription(description);
}
