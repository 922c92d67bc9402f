/** Where raw pictures go: I420, tightly packed, one size. */
export interface CameraTarget {
  /** A device for `v4l2`; for `rawvideo` a file or a pipe, which gets the pictures' bytes and nothing else. */
  path: string;
  muxer: 'v4l2' | 'rawvideo';
  widthPx: number;
  heightPx: number;
}

/** To the process that writes. One picture at a time: the next goes once `written` has come. */
export type ToCamera = ({ type: 'open' } & CameraTarget) | { type: 'picture'; data: Uint8Array } | { type: 'close' };

export type FromCamera =
  | { type: 'opened' }
  | { type: 'written' }
  /** It can write no more and ends; `code` is FFmpeg's. */
  | { type: 'lost'; code: number };
