import { keyOver } from '../composite/key';
import { Unmixer } from '../composite/unmix';
import { type Background, pictureBytes } from './background';

export interface Keyer {
  /** What a picture takes. */
  readonly bytes: number;
  /** Puts it before the background, in place: so many bytes that begin with the I420 of the presenter before its own wall. */
  apply(picture: Uint8Array, matte: Uint8Array): void;
}

/** @param wall tight I420 of this size: what is behind the presenter */
export function keyerOf(size: { widthPx: number; heightPx: number }, wall: Uint8Array, background: Background): Keyer {
  const { widthPx, heightPx } = size;
  const bytes = pictureBytes(size, background);
  if (!('y' in background)) {
    const unmixer = new Unmixer(widthPx, heightPx, wall);
    return { bytes, apply: (picture, matte) => unmixer.unmix(picture, matte) };
  }
  return { bytes, apply: (picture, matte) => keyOver(picture, { widthPx, heightPx, matte, wall, background }) };
}
