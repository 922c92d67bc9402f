import {
  RTCPeerConnection,
  type RTCPFB,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  useAbsSendTime,
  useFIR,
  useNACK,
  useOPUS,
  usePLI,
  useREMB,
  useTransportWideCC,
  useTWCC,
} from 'werift';
import type { Settings } from '../../../../shared/settings';
import { VIDEO_CLOCK_HZ } from '../../../../shared/units';
import type { VideoCodec } from '../../encode/video';
import { PLAYOUT_DELAY_URI } from './lip-sync/playout-delay';
import { dropForgedRecords } from './record-filter';

export interface IceServer {
  urls: string;
  username?: string;
  credential?: string;
}

/** The STUN and TURN servers of the settings. */
export function iceServersOf(
  settings: Pick<Settings, 'stun' | 'turn' | 'turn_username' | 'turn_password'>,
): IceServer[] {
  const { stun, turn, turn_username: username, turn_password: credential } = settings;
  return [...stun.map((urls) => ({ urls })), ...turn.map((urls) => ({ urls, username, credential }))];
}

export interface ConnectionOptions {
  iceServers: readonly IceServer[];
  /** What may be negotiated, the preferred one first. */
  videoCodecs: readonly VideoCodec[];
  /**
   * Asks the other side what arrives, and when: browsers tell of every packet (transport-wide), aiortc what it thinks that there is
   * room for (REMB, by the absolute send time).
   */
  congestionFeedback?: boolean;
}

/**
 * RTCP arrives about every second from a live peer, consent checks every five (RFC 7675): nothing for this long means that it is
 * gone. werift alone takes about 28 s to say so.
 */
export const DEAD_AFTER_SILENCE_MS = 8_000;

/** A werift connection that sends: one transport, Opus, and only what our encoders make. */
export function openConnection({ iceServers, videoCodecs, congestionFeedback }: ConnectionOptions): RTCPeerConnection {
  const playoutDelay = new RTCRtpHeaderExtensionParameters({ uri: PLAYOUT_DELAY_URI });
  const feedback = congestionFeedback ? [useTWCC()] : [];
  return new RTCPeerConnection({
    codecs: {
      audio: [useOPUS({ rtcpFeedback: feedback })],
      video: codecParameters(videoCodecs, congestionFeedback ? [...feedback, useREMB()] : []),
    },
    ...(congestionFeedback && {
      headerExtensions: {
        audio: [useTransportWideCC()],
        video: [useTransportWideCC(), useAbsSendTime(), playoutDelay],
      },
    }),
    iceServers: [...iceServers],
    iceUseIpv6: false,
    // Without it a viewer on this machine could not connect when the network is down.
    iceAdditionalHostAddresses: ['127.0.0.1'],
    bundlePolicy: 'max-bundle',
  });
}

/** Tells, once each, when media can flow and when the connection is gone. Call once its transceivers exist. */
export function followConnection(
  connection: RTCPeerConnection,
  { onConnected, onGone }: { onConnected: () => void; onGone: (reason: string) => void },
): void {
  let connected = false;
  let gone = false;
  const end = (reason: string) => {
    if (gone) return;
    gone = true;
    onGone(reason);
  };
  connection.connectionStateChange.subscribe((state) => {
    if (state === 'connected' && !connected && !gone) {
      connected = true;
      onConnected();
    } else if (state === 'closed' || state === 'failed' || state === 'disconnected') {
      end(`peer ${state}`);
    }
  });
  // A peer that closes says so in DTLS (close_notify); werift notes it on the transport but not on the connection.
  for (const transport of connection.dtlsTransports) {
    dropForgedRecords(transport);
    transport.onStateChange.subscribe((state) => {
      if (state === 'closed' || state === 'failed') end('closed by the other side');
    });
  }
}

function codecParameters(codecs: readonly VideoCodec[], feedback: RTCPFB[]): RTCRtpCodecParameters[] {
  const rtcpFeedback = [useNACK(), usePLI(), useFIR(), ...feedback];
  const made = {
    h264: () =>
      new RTCRtpCodecParameters({
        mimeType: 'video/H264',
        clockRate: VIDEO_CLOCK_HZ,
        rtcpFeedback,
        parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      }),
    vp8: () => new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: VIDEO_CLOCK_HZ, rtcpFeedback }),
  };
  // werift names the codec before it as what the rtx repairs.
  const rtx = new RTCRtpCodecParameters({ mimeType: 'video/rtx', clockRate: VIDEO_CLOCK_HZ });
  return [...codecs.map((codec) => made[codec]()), rtx];
}
