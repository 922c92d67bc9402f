import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  FF_ENCODER_MJPEG,
  FF_ENCODER_PNG,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Packet, SoftwareScaleContext } from 'node-av/lib';
import type { I420Picture } from '../src/main/server/avatar/avatar';
import { VideoClip } from '../src/main/server/avatar/clip';
import { type Coords, type CoordsKind, pickleCoords } from './pickle-coords';

export interface LiveTalkingFolder {
  pictures?: number;
  widthPx?: number;
  heightPx?: number;
  /** How a file is named: the extension decides between PNG and JPEG. */
  fileName?: (index: number) => string;
  faceSizePx?: number;
  coords?: CoordsKind;
  box?: (index: number) => Coords;
  /** RGB of a picture, `widthPx * heightPx * 3` bytes; numbered test pictures unless said. */
  draw?: (index: number) => Uint8Array;
  onPicture?: (done: number) => void;
}

export const padded =
  (extension: string) =>
  (index: number): string =>
    `${String(index).padStart(8, '0')}.${extension}`;

/** Writes `full_imgs`, `face_imgs` and `coords.pkl`, as a LiveTalking checkout holds them in `data/avatars/<id>`. */
export async function writeLiveTalkingFolder(dir: string, options: LiveTalkingFolder = {}): Promise<string> {
  const { pictures = 6, widthPx = 64, heightPx = 96, faceSizePx = 32, coords = 'plain' } = options;
  const { fileName = padded('png'), onPicture = () => {} } = options;
  // Moves and changes its shape a little, as a detected face does.
  const { box = (i) => [10 + (i % 3), 45 + (i % 5), 12 + (i % 4), 47 + (i % 2)] satisfies Coords } = options;
  const { draw = (i) => numberedPicture(i, widthPx, heightPx) } = options;
  for (const folder of ['full_imgs', 'face_imgs']) mkdirSync(join(dir, folder), { recursive: true });
  const writer = new ImageWriter();
  try {
    for (let i = 0; i < pictures; i++) {
      const rgb = draw(i);
      const face = cropSquare(rgb, widthPx, box(i), faceSizePx);
      writeFileSync(join(dir, 'full_imgs', fileName(i)), await writer.encode(rgb, widthPx, heightPx, fileName(i)));
      writeFileSync(
        join(dir, 'face_imgs', fileName(i)),
        await writer.encode(face, faceSizePx, faceSizePx, fileName(i)),
      );
      onPicture(i + 1);
    }
  } finally {
    writer.close();
  }
  const boxes = Array.from({ length: pictures }, (_, i) => box(i));
  writeFileSync(join(dir, 'coords.pkl'), pickleCoords(boxes, coords));
  return dir;
}

const CELL_PX = 8;
const CELLS = 8;

/** A gradient with the picture's number in black and white cells along its top: readable after any codec. */
export function numberedPicture(index: number, widthPx: number, heightPx: number): Uint8Array {
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0, at = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const cell = Math.floor(x / CELL_PX);
      const bit = y < CELL_PX && cell < CELLS ? ((index >> cell) & 1) * 255 : undefined;
      rgb[at++] = bit ?? 40 + ((x * 150) / widthPx) * (1 - y / heightPx);
      rgb[at++] = bit ?? 60 + (y * 150) / heightPx;
      rgb[at++] = bit ?? 120;
    }
  }
  return rgb;
}

/** The number that `numberedPicture` drew. */
export function numberOf({ widthPx, data }: I420Picture): number {
  let number = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    const at = (CELL_PX / 2) * widthPx + cell * CELL_PX + CELL_PX / 2;
    if (data[at]! > 128) number |= 1 << cell;
  }
  return number;
}

function cropSquare(rgb: Uint8Array, stridePx: number, [y1, y2, x1, x2]: Coords, sizePx: number): Uint8Array {
  const out = new Uint8Array(sizePx * sizePx * 3);
  for (let y = 0, at = 0; y < sizePx; y++) {
    const row = y1 + Math.floor((y * (y2 - y1)) / sizePx);
    for (let x = 0; x < sizePx; x++, at += 3) {
      const from = (row * stridePx + x1 + Math.floor((x * (x2 - x1)) / sizePx)) * 3;
      out.set(rgb.subarray(from, from + 3), at);
    }
  }
  return out;
}

/**
 * A shipped presenter as somebody's own footage: its pictures scaled to the width, the rest of the height filled by their
 * mirrored edges, and film grain over all, so that files and decode times are those of a camera and not of a drawing.
 */
export async function presenterFootage(
  bundleDir: string,
  widthPx: number,
  heightPx: number,
): Promise<{ draw: (index: number) => Uint8Array; topPx: number; pictureCount: number }> {
  const clip = await VideoClip.open(join(bundleDir, 'idle.mp4'));
  const small: Uint8Array[] = [];
  const memory = (bytes: number) => new Uint8Array(bytes);
  for (let gop = 0; gop < clip.gops.length; gop++)
    await clip.decode(gop, memory, (index, data) => (small[index] = data));
  await clip.close();
  const sizePx = Math.min(widthPx, heightPx);
  const topPx = Math.floor((heightPx - sizePx) / 2);
  const grain = Int8Array.from({ length: 1 << 20 }, () => (Math.random() + Math.random() + Math.random() - 1.5) * 2.5);
  const draw = (index: number) => {
    const square = toRgb(small[index % small.length]!, clip.widthPx, clip.heightPx, sizePx);
    const rgb = new Uint8Array(widthPx * heightPx * 3);
    let noiseAt = (index * 7_919) % grain.length;
    for (let y = 0; y < heightPx; y++) {
      const mirrored = Math.abs(y - topPx) % (2 * sizePx - 2);
      const row = (mirrored < sizePx ? mirrored : 2 * sizePx - 2 - mirrored) * sizePx * 3;
      for (let x = 0, at = y * widthPx * 3; x < widthPx * 3; x++, at++) {
        noiseAt = (noiseAt + 1) & (grain.length - 1);
        const value = square[row + (x % (sizePx * 3))]! + grain[noiseAt]!;
        rgb[at] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
    return rgb;
  };
  return { draw, topPx, pictureCount: clip.pictureCount };
}

function toRgb(i420: Uint8Array, widthPx: number, heightPx: number, sizePx: number): Buffer {
  const source = Frame.fromVideoBuffer(Buffer.from(i420.buffer, i420.byteOffset, i420.byteLength), {
    width: widthPx,
    height: heightPx,
    format: AV_PIX_FMT_YUV420P,
    timeBase: { num: 1, den: 25 },
  });
  source.colorSpace = AVCOL_SPC_BT709;
  source.colorRange = AVCOL_RANGE_MPEG;
  const rgb = blankFrame(sizePx, sizePx, AV_PIX_FMT_RGB24);
  const scaler = new SoftwareScaleContext();
  scaler.allocContext();
  try {
    FFmpegError.throwIfError(scaler.scaleFrameSync(rgb, source), 'scale');
    return rgb.toBuffer();
  } finally {
    scaler.freeContext();
    source.free();
    rgb.free();
  }
}

function blankFrame(widthPx: number, heightPx: number, format: Frame['format']): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.width = widthPx;
  frame.height = heightPx;
  frame.format = format;
  FFmpegError.throwIfError(frame.allocBuffer(), 'allocate a picture');
  return frame;
}

/** PNG as OpenCV writes it (RGB), JPEG as everybody does (JFIF: full range, BT.601). */
class ImageWriter {
  private readonly encoders = new Map<string, CodecContext>();
  private readonly packet = new Packet();

  constructor() {
    this.packet.alloc();
  }

  async encode(rgb: Uint8Array, widthPx: number, heightPx: number, fileName: string): Promise<Buffer> {
    const jpeg = /\.jpe?g$/i.test(fileName);
    const encoder = await this.encoder(jpeg, widthPx, heightPx);
    let frame = Frame.fromVideoBuffer(Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength), {
      width: widthPx,
      height: heightPx,
      format: AV_PIX_FMT_RGB24,
      timeBase: { num: 1, den: 25 },
    });
    if (jpeg) {
      const yuv = blankFrame(widthPx, heightPx, AV_PIX_FMT_YUV420P);
      yuv.colorSpace = AVCOL_SPC_BT470BG;
      yuv.colorRange = AVCOL_RANGE_JPEG;
      const scaler = new SoftwareScaleContext();
      scaler.allocContext();
      FFmpegError.throwIfError(scaler.scaleFrameSync(yuv, frame), 'to JPEG colours');
      scaler.freeContext();
      frame.free();
      yuv.format = AV_PIX_FMT_YUVJ420P; // the same, as the encoder calls it
      frame = yuv;
    }
    FFmpegError.throwIfError(await encoder.sendFrame(frame), 'encode image');
    frame.free();
    FFmpegError.throwIfError(await encoder.receivePacket(this.packet), 'encode image');
    const bytes = Buffer.from(this.packet.data!);
    this.packet.unref();
    return bytes;
  }

  close(): void {
    this.packet.free();
    for (const encoder of this.encoders.values()) encoder.freeContext();
  }

  private async encoder(jpeg: boolean, widthPx: number, heightPx: number): Promise<CodecContext> {
    const key = `${jpeg} ${widthPx}x${heightPx}`;
    const known = this.encoders.get(key);
    if (known) return known;
    const codec = Codec.findEncoderByName(jpeg ? FF_ENCODER_MJPEG : FF_ENCODER_PNG)!;
    const encoder = new CodecContext();
    encoder.allocContext3(codec);
    encoder.width = widthPx;
    encoder.height = heightPx;
    encoder.pixelFormat = jpeg ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_RGB24;
    if (jpeg) encoder.colorRange = AVCOL_RANGE_JPEG;
    encoder.timeBase = { num: 1, den: 25 } as never;
    encoder.threadCount = 1;
    if (jpeg) encoder.setOption('qmin', 2);
    if (jpeg) encoder.setOption('qmax', 2);
    else encoder.setOption('compression_level', 3);
    FFmpegError.throwIfError(await encoder.open2(codec), 'open image encoder');
    this.encoders.set(key, encoder);
    return encoder;
  }
}
