import type { MediaFormat } from '../output';

/** What a muxer must know of the sound before any of it comes. */
export interface AacFormat {
  sampleRateHz: number;
  bitrateBps: number;
  samplesPerPacket: number;
  /** AudioSpecificConfig, ISO/IEC 14496-3. */
  extradata: Uint8Array;
}

export interface FlvFormat {
  picture: MediaFormat;
  sound: AacFormat;
}

export interface FlvPacket {
  kind: 'video' | 'audio';
  data: Uint8Array;
  /** From the beginning of the connection, 48 kHz samples. */
  ptsSamples: number;
  durationSamples: number;
  keyframe: boolean;
}

/** To the process that holds the connection. Packets that come when there is none are let go. */
export type ToRtmp =
  | { type: 'connect'; url: string; format: FlvFormat }
  | ({ type: 'packet' } & FlvPacket)
  /** Writes what it has, says goodbye to the far end and ends. */
  | { type: 'close' };

export type FromRtmp =
  | { type: 'connected' }
  /** So many packets have left, in the order in which they came. */
  | { type: 'written'; packets: number }
  /** There is no connection (any more); `code` is FFmpeg's. */
  | { type: 'lost'; code: number; message: string };
