import {
  type MediaStreamTrack,
  PictureLossIndication,
  type RTCDataChannel,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  RtcpPayloadSpecificFeedback,
  type RtpPacket,
  useNACK,
  useOPUS,
  usePLI,
  useTransportWideCC,
  useTWCC,
} from 'werift';
import { PLAYOUT_DELAY_URI } from '../src/main/server/outputs/webrtc/lip-sync/playout-delay';

export interface ReceivedReport {
  /** Unix ms that the report claims for its RTP timestamp. */
  unixMs: number;
  rtpTimestamp: number;
}

export interface ReceivedStream {
  packets: {
    sequenceNumber: number;
    timestamp: number;
    marker: boolean;
    payload: Buffer;
    /** What it is told of its playout, as it is on the wire. */
    playoutDelay: Buffer | undefined;
  }[];
  reports: ReceivedReport[];
  ssrc: number;
}

/** A werift viewer in this process: sees every RTP packet and sender report as it is on the wire. */
export class RtpViewer {
  readonly video: ReceivedStream = { packets: [], reports: [], ssrc: 0 };
  readonly audio: ReceivedStream = { packets: [], reports: [], ssrc: 0 };
  /** The one that was asked for. */
  channel: RTCDataChannel | undefined;
  /** What the other side numbers it by, where it sends it. */
  private delayId: number | undefined;
  private constructor(readonly pc: RTCPeerConnection) {}

  static async offer(
    codec: 'H264' | 'VP8' = 'H264',
    {
      rtx = false,
      transportWide = false,
      dataChannel,
    }: { rtx?: boolean; transportWide?: boolean; dataChannel?: string } = {},
  ): Promise<{ viewer: RtpViewer; sdp: string }> {
    const video = new RTCRtpCodecParameters({
      mimeType: `video/${codec}`,
      clockRate: 90_000,
      payloadType: 102,
      rtcpFeedback: [useNACK(), usePLI(), ...(transportWide ? [useTWCC()] : [])],
      parameters:
        codec === 'H264' ? 'packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1' : undefined,
    });
    const repair = new RTCRtpCodecParameters({
      mimeType: 'video/rtx',
      clockRate: 90_000,
      payloadType: 103,
      parameters: 'apt=102',
    });
    const delay = new RTCRtpHeaderExtensionParameters({ uri: PLAYOUT_DELAY_URI });
    const pc = new RTCPeerConnection({
      codecs: {
        audio: [useOPUS(transportWide ? { rtcpFeedback: [useTWCC()] } : {})],
        video: rtx ? [video, repair] : [video],
      },
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      bundlePolicy: 'max-bundle',
      ...(transportWide && {
        headerExtensions: { audio: [useTransportWideCC()], video: [useTransportWideCC(), delay] },
      }),
    });
    const viewer = new RtpViewer(pc);
    pc.onTrack.subscribe((track) => viewer.listen(track));
    for (const kind of ['video', 'audio'] as const) {
      const { receiver } = pc.addTransceiver(kind, { direction: 'recvonly' });
      const stream = kind === 'video' ? viewer.video : viewer.audio;
      receiver.onRtcp.subscribe((packet) => {
        const info = (packet as { senderInfo?: { ntpTimestamp: bigint; rtpTimestamp: number } }).senderInfo;
        if (!info) return;
        const seconds = Number(info.ntpTimestamp >> 32n) - 2_208_988_800;
        const fraction = Number(info.ntpTimestamp & 0xffff_ffffn) / 2 ** 32;
        stream.reports.push({ unixMs: (seconds + fraction) * 1_000, rtpTimestamp: info.rtpTimestamp });
      });
    }
    if (dataChannel) viewer.channel = pc.createDataChannel(dataChannel, { ordered: true, maxRetransmits: 1 });
    await pc.setLocalDescription(await pc.createOffer());
    return { viewer, sdp: pc.localDescription!.sdp };
  }

  async accept(answer: string): Promise<void> {
    const extension = new RegExp(`a=extmap:(\\d+) ${PLAYOUT_DELAY_URI}`).exec(answer);
    this.delayId = extension ? Number(extension[1]) : undefined;
    await this.pc.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** PLI (RFC 4585 section 6.3.1) or FIR (RFC 5104 section 4.3.1) for the video. */
  async requestKeyframe(request: 'pli' | 'fir'): Promise<void> {
    const mediaSsrc = this.video.ssrc;
    const feedback =
      request === 'pli' ? new PictureLossIndication({ senderSsrc: 1, mediaSsrc }) : fullIntraRequest(1, mediaSsrc);
    const { receiver } = this.pc.getTransceivers().find((t) => t.kind === 'video')!;
    await receiver.dtlsTransport.sendRtcp([
      new RtcpPayloadSpecificFeedback({ feedback: feedback as PictureLossIndication }),
    ]);
  }

  close(): Promise<void> {
    return this.pc.close();
  }

  private listen(track: MediaStreamTrack): void {
    const stream = track.kind === 'video' ? this.video : this.audio;
    track.onReceiveRtp.subscribe(({ header, payload }: RtpPacket) => {
      const { sequenceNumber, timestamp, marker } = header;
      stream.ssrc = header.ssrc;
      const delayId = this.delayId;
      const playoutDelay = header.extensions.find(({ id }) => id === delayId)?.payload;
      stream.packets.push({ sequenceNumber, timestamp, marker, payload, playoutDelay });
    });
  }
}

/** werift does not export its own; the wire form is two SSRCs (the second unused), then SSRC, sequence number and padding. */
function fullIntraRequest(senderSsrc: number, mediaSsrc: number) {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(senderSsrc, 0);
  bytes.writeUInt32BE(mediaSsrc, 8);
  bytes.writeUInt8(1, 12);
  return { count: 4, length: bytes.length / 4, senderSsrc, mediaSsrc: 0, serialize: () => bytes };
}
