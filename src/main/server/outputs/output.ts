import type { I420Picture } from '../avatar/avatar';

/** One encoded picture or 20 ms audio packet. `data` is shared by all outputs: never written to, free to keep. */
export interface EncodedPacket {
  data: Uint8Array;
  /** Presentation time on the session's 48 kHz clock. */
  ptsSamples: number;
  durationSamples: number;
  keyframe: boolean;
}

export interface MediaFormat {
  /** Wall-clock time of pts 0. */
  epochMs: number;
  video: {
    codec: 'h264' | 'vp8';
    widthPx: number;
    heightPx: number;
    /** What the encoder aims at. */
    bitrateBps?: number;
    /** SPS and PPS, Annex B (H.264 only). */
    extradata?: Uint8Array;
  };
  audio: { codec: 'opus'; sampleRateHz: 48_000; channels: 1 | 2 };
}

/** What a destination is, for lists and logs. */
export type OutputKind = 'webrtc' | 'recorder' | 'rtmp' | 'whip' | 'whep' | 'camera';

/** `program` is the fixed one that everyone shares; `live` is for those whose network cannot carry it. */
export type Rendition = 'program' | 'live';

/** The side of an output that may be sent another rendition than the program. */
export interface Adaptive {
  /** What it is to be sent, as its network is now. */
  readonly rendition: Rendition;
  /** What pictures may take on its network, bits per second. */
  readonly pictureBps: number;
  /**
   * Whether the next picture of its rendition should be a keyframe: it shows nothing, or the other rendition, until one comes. Call
   * with every picture; it does not ask more often than it may.
   */
  asksForKeyframe(): boolean;
  /** The picture at this time will be a keyframe of the rendition: called before either rendition's packet of it. */
  keyframeAt(rendition: Rendition, ptsSamples: number): void;
  /** A packet of the live rendition. Its size may change at every keyframe, and with it the parameter sets (H.264). */
  live(packet: EncodedPacket, parameterSets: Uint8Array | undefined): void;
}

/**
 * A destination of a session's program: a peer, a recorder, an RTMP push. `video`, `audio` and `sound` never block and never
 * throw: an output that fails says so through `onFailed`, or a state of its own, and takes what still comes as nothing.
 */
export interface Output {
  readonly kind: OutputKind;
  /** Counters, with units in their names. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Where its network may carry less than the program. */
  readonly adaptive?: Adaptive;
  /** Called at most once, when nothing will come of it any more; whoever attached it still closes it. */
  onFailed?: (error: Error) => void;
  /** It needs a keyframe at least so often; the strictest of the attached outputs decides. */
  readonly keyframeIntervalMs?: number;
  /**
   * Before any packet, and soon: what takes long (a connection) goes on after it.
   * @throws HeraldError 'refused' when the format is none for this destination
   */
  start(format: MediaFormat): Promise<void>;
  video(packet: EncodedPacket): void;
  audio(packet: EncodedPacket): void;
  /** 960 samples before they are encoded, for outputs with a codec of their own; valid until the call returns. */
  sound?(samples: Float32Array, ptsSamples: number): void;
  /** A picture before it is encoded, for outputs that want none encoded. Its bytes stay until `release`, to be called once and soon. */
  picture?(picture: I420Picture, release: () => void): void;
  /** Frees everything, within seconds however the far end behaves; a second call changes nothing. */
  close(): Promise<void>;
}
