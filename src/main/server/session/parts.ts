import type { DecodedAudio } from '../audio/decode';
import type { Performance } from '../avatar/actions';
import type { Avatar } from '../avatar/avatar';
import type { VideoCodec } from '../encode/video';
import type { Log } from '../log';
import type { LatencyLedger } from '../metrics/latency';
import type { Mouth } from '../mouth/mouth';
import type { IceServer, Peer } from '../outputs/webrtc/peer';
import type { RecordingLibrary } from '../recordings/library';
import type { Tts, VoiceSettings } from '../tts/tts';
import type { ChatServices } from './dialogue';

/** What every session of a server shares. */
export interface SessionServices {
  tts: Tts;
  chat: ChatServices;
  /** What a question does that comes while another is being answered. */
  chatOverlap: 'queue' | 'replace';
  /** Whether speech and performances wait for each other (the default) or the later one ends the former. */
  performanceOverlap?: 'queue' | 'cut';
  latency: LatencyLedger;
  mouth: Mouth;
  openAudio(bytes: Uint8Array, options: { signal: AbortSignal }): Promise<DecodedAudio>;
  log: Log;
  videoBitrateBps: number;
  /** Where recordings are kept; without it there are none. */
  recordings?: RecordingLibrary;
  /** What outputs find their way through NAT with. */
  iceServers?: readonly IceServer[];
}

export interface SessionParts {
  id: number;
  avatar: Avatar;
  /** Whose session it is. Without one it is on air at once and until it is closed. */
  peer?: Peer;
  /** Stays until it is closed, used or not. */
  lasting?: boolean;
  /** The peer's, or H.264. */
  videoCodec?: VideoCodec;
  /** The server's unless said. */
  videoBitrateBps?: number;
  studio: boolean;
  /** How it speaks unless a text asks for something else. */
  voice?: VoiceSettings;
  /** What it can do besides talk. */
  performances?: readonly Performance[];
}
