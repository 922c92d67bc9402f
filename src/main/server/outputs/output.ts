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
    heightPx: number /** SPS and PPS, Annex B (H.264 only). */;
    extradata?: Uint8Array;
  };
  audio: { codec: 'opus'; sampleRateHz: 48_000; channels: 1 | 2 };
}

/**
 * A destination of a session's program: a peer, a recorder, an RTMP push. `video`, `audio` and `sound` never block and never
 * throw.
 */
export interface Output {
  /** It needs a keyframe at least so often; the strictest of the attached outputs decides. */
  readonly keyframeIntervalMs?: number;
  start(format: MediaFormat): Promise<void>;
  video(packet: EncodedPacket): void;
  audio(packet: EncodedPacket): void;
  /** 960 samples before they are encoded, for outputs with a codec of their own; valid until the call returns. */
  sound?(samples: Float32Array, ptsSamples: number): void;
  close(): Promise<void>;
}
