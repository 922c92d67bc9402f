import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AV_CODEC_ID_PNG, AV_PIX_FMT_BGR24, AV_PIX_FMT_RGB24, SWS_POINT } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, SoftwareScaleContext } from 'node-av/lib';
import { AvatarLibrary } from '../src/main/server/avatar/library';
import { cropI420 } from '../src/main/server/composite/crop';
import { FaceCompositor } from '../src/main/server/composite/patch';
import type { LipHalves } from './lip-halves';
import { psnr } from './measures';

/**
 * Renders that nobody learned from, as models/recipe/held_out.py writes them: `said` is one PNG, the lower halves of the
 * speaking faces one below the other. What they are spoken on is the presenter's own idle picture `at`, or, for people who are
 * no presenters, the whole resting face number `rest` in the PNG `resting`.
 */
interface FaceSet {
  name: string;
  group: string;
  sizePx: number;
  said: string;
  presenter?: string;
  resting?: string;
  items: { at?: number; rest?: number; mouth: number[] }[];
}

export interface FaceScores {
  name: string;
  group: string;
  count: number;
  mouthDb: number;
  lowerDb: number;
  /** The resting face as the answer. */
  atRestMouthDb: number;
}

/** y0, y1, x0, x1 of the face box: what the recipe calls the mouth. */
const MOUTH = [0.54, 0.82, 0.28, 0.72] as const;

export async function faceScores(folder: string, halves: LipHalves): Promise<FaceScores[]> {
  const files = readdirSync(folder)
    .filter((name) => /^face-.*\.json$/.test(name))
    .sort();
  const library = new AvatarLibrary();
  try {
    const scores: FaceScores[] = [];
    for (const file of files) {
      const set = JSON.parse(readFileSync(join(folder, file), 'utf8')) as FaceSet;
      if (set.sizePx !== halves.faceSizePx) {
        throw new Error(`${file} holds faces of ${set.sizePx} px; the model draws ${halves.faceSizePx} px`);
      }
      scores.push(await scoreOf(folder, set, halves, library));
    }
    return scores;
  } finally {
    await library.close();
  }
}

async function scoreOf(folder: string, set: FaceSet, halves: LipHalves, library: AvatarLibrary): Promise<FaceScores> {
  const { sizePx, items } = set;
  const half = (sizePx * sizePx) / 2;
  const said = readPng(join(folder, set.said));
  const faceOf =
    set.presenter === undefined ? restingFaces(folder, set) : await idleFaces(library, set.presenter, sizePx);
  const totals = { mouth: 0, lower: 0, atRest: 0 };
  for (const [i, { at, rest, mouth }] of items.entries()) {
    const face = await faceOf((at ?? rest)!);
    const wanted = lowerHalf(said, i, sizePx);
    const drawn = lowerPlanes(await halves.draw(mouth, face), 0, sizePx);
    const resting = lowerPlanes(face, 3 * 2 * half, sizePx);
    totals.lower += psnr(drawn, wanted);
    totals.mouth += psnr(mouthOf(drawn, sizePx), mouthOf(wanted, sizePx));
    totals.atRest += psnr(mouthOf(resting, sizePx), mouthOf(wanted, sizePx));
  }
  const mean = (sum: number) => sum / items.length;
  return {
    name: set.name,
    group: set.group,
    count: items.length,
    mouthDb: mean(totals.mouth),
    lowerDb: mean(totals.lower),
    atRestMouthDb: mean(totals.atRest),
  };
}

/** The network's input for an idle picture, by the product's own shrinking and colours. */
async function idleFaces(library: AvatarLibrary, presenter: string, sizePx: number) {
  const avatar = await library.open(presenter);
  const compositor = new FaceCompositor(sizePx);
  return async (at: number): Promise<Float32Array> => {
    const prepared = compositor.prepare(cropI420(await avatar.picture(at), avatar.faceBox(at)));
    const face = new Float32Array(6 * sizePx * sizePx);
    compositor.fill(prepared, face, 0);
    return face;
  };
}

function restingFaces(folder: string, { resting, sizePx, name }: FaceSet) {
  if (resting === undefined || !existsSync(join(folder, resting))) {
    throw new Error(`face-${name}.json names neither a presenter nor a PNG of resting faces`);
  }
  const png = readPng(join(folder, resting));
  const plane = sizePx * sizePx;
  return async (rest: number): Promise<Float32Array> => {
    const face = new Float32Array(6 * plane);
    for (let i = 0; i < plane; i++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = png.bgr[3 * (rest * plane + i) + channel]! / 255;
        face[(3 + channel) * plane + i] = value;
        if (i < plane / 2) face[channel * plane + i] = value;
      }
    }
    return face;
  };
}

interface Png {
  widthPx: number;
  heightPx: number;
  /** Packed. */
  bgr: Buffer;
}

/** [3,S/2,S] of tile i, BGR in [0, 1]. */
function lowerHalf({ bgr }: Png, tile: number, sizePx: number): Float32Array {
  const half = (sizePx * sizePx) / 2;
  const out = new Float32Array(3 * half);
  for (let i = 0; i < half; i++) {
    for (let channel = 0; channel < 3; channel++) out[channel * half + i] = bgr[3 * (tile * half + i) + channel]! / 255;
  }
  return out;
}

/** The lower halves of three planes of S*S that begin at `at`. */
function lowerPlanes(tensor: Float32Array, at: number, sizePx: number): Float32Array {
  const plane = sizePx * sizePx;
  const out = new Float32Array((3 * plane) / 2);
  for (let channel = 0; channel < 3; channel++) {
    const from = at + channel * plane + plane / 2;
    out.set(tensor.subarray(from, from + plane / 2), (channel * plane) / 2);
  }
  return out;
}

function mouthOf(lower: Float32Array, sizePx: number): Float32Array {
  const [y0, y1, x0, x1] = MOUTH.map((share) => Math.floor(share * sizePx)) as [number, number, number, number];
  const half = (sizePx * sizePx) / 2;
  const out: number[] = [];
  for (let channel = 0; channel < 3; channel++) {
    for (let y = y0 - sizePx / 2; y < y1 - sizePx / 2; y++) {
      for (let x = x0; x < x1; x++) out.push(lower[channel * half + y * sizePx + x]!);
    }
  }
  return Float32Array.from(out);
}

/** Exact: the product's own decoder of pictures goes through I420, which would be part of the error. */
function readPng(file: string): Png {
  const context = new CodecContext();
  const packet = new Packet();
  const source = new Frame();
  const scaled = new Frame();
  const scaler = new SoftwareScaleContext();
  try {
    const codec = Codec.findDecoder(AV_CODEC_ID_PNG)!;
    context.allocContext3(codec);
    if (context.open2Sync(codec, null) < 0) throw new Error('The PNG decoder cannot be opened.');
    for (const owned of [packet, source, scaled]) owned.alloc();
    packet.data = readFileSync(file);
    packet.isKeyframe = true;
    if (context.sendPacketSync(packet) < 0 || context.receiveFrameSync(source) < 0)
      throw new Error(`${file} is damaged.`);
    if (source.format !== AV_PIX_FMT_RGB24) throw new Error(`${file} is no RGB PNG.`);
    const { width, height } = source;
    scaler.getContext(width, height, AV_PIX_FMT_RGB24, width, height, AV_PIX_FMT_BGR24, SWS_POINT);
    scaled.format = AV_PIX_FMT_BGR24;
    scaled.width = width;
    scaled.height = height;
    scaled.allocBuffer();
    scaler.scaleFrameSync(scaled, source);
    return { widthPx: width, heightPx: height, bgr: Buffer.from(scaled.toBuffer()) };
  } finally {
    scaler.freeContext();
    for (const owned of [packet, source, scaled]) owned.free();
    context.freeContext();
  }
}
