import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AV_CODEC_FLAG_GLOBAL_HEADER, AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, FormatContext, Frame, Packet, Rational } from 'node-av/lib';

export interface TestPresenter {
  id?: string;
  pictures?: number;
  gop?: number;
  sizePx?: number;
  playback?: 'cycle' | 'pingpong';
  /** Brings a matte: a disc with a soft edge before a plain wall, in the idle loop and in performance 2. */
  matte?: boolean;
  /** Changes presenter.json before it is written. */
  change?: (bundle: Record<string, unknown>) => void;
}

/** Writes a small presenter bundle (moving gradients, H.264) to `parent/id` and returns its folder. */
export async function writeTestPresenter(parent: string, options: TestPresenter = {}): Promise<string> {
  const { id = 'tiny', pictures = 12, gop = 5, sizePx = 64, playback = 'cycle', matte = false, change } = options;
  const dir = join(parent, id);
  mkdirSync(dir, { recursive: true });
  const box = (sizePx / 4) & ~1;
  const bundle = {
    format: 'herald-presenter/1',
    id,
    name: { en: id },
    picture: { widthPx: sizePx, heightPx: sizePx, fps: 25 },
    idle: { file: 'idle.mp4', pictures, playback },
    still: { pictureIndex: 0 },
    faceBoxes: [[box, box, 2 * box, 2 * box]],
    ...(matte && {
      wall: 'wall.mp4',
      performances: [{ audiotype: 2, name: 'turn', clip: 'idle.mp4', matte: 'matte.mp4' }],
    }),
  };
  if (matte) Object.assign(bundle.idle, { matte: 'matte.mp4' });
  change?.(bundle);
  writeFileSync(join(dir, 'presenter.json'), JSON.stringify(bundle));
  const share = (x: number, y: number) => {
    const fromMiddle = Math.hypot(x - sizePx / 2, y - sizePx / 2) / sizePx;
    return Math.min(1, Math.max(0, (0.45 - fromMiddle) * 12));
  };
  const moving = (x: number, y: number, i: number) => 16 + ((x * 3 + y * 2 + i * 9) % 220);
  const disc = (x: number, y: number) => share(x, y) * TEST_DISC_LUMA + (1 - share(x, y)) * TEST_WALL_LUMA;
  await encodeClip(join(dir, 'idle.mp4'), pictures, gop, sizePx, matte ? disc : moving);
  if (!matte) return dir;
  await encodeClip(join(dir, 'matte.mp4'), pictures, gop, sizePx, (x, y) => 16 + 219 * share(x, y));
  await encodeClip(join(dir, 'wall.mp4'), 1, 1, sizePx, () => TEST_WALL_LUMA);
  return dir;
}

/** Of a test presenter with a matte. */
export const TEST_DISC_LUMA = 60;
export const TEST_WALL_LUMA = 180;

async function encodeClip(
  file: string,
  pictures: number,
  gop: number,
  sizePx: number,
  lumaAt: (x: number, y: number, picture: number) => number,
): Promise<void> {
  const check = (code: number) => FFmpegError.throwIfError(code, 'test clip');
  const codec = Codec.findEncoderByName('libx264' as never)!;
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = encoder.height = sizePx;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, 25);
  encoder.framerate = new Rational(25, 1);
  encoder.gopSize = gop;
  encoder.maxBFrames = 0;
  encoder.threadCount = 1;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  const options = Dictionary.fromObject({
    preset: 'ultrafast',
    tune: 'zerolatency',
    'x264-params': 'scenecut=0:log=-1',
  });
  // Not open2Sync: given a Dictionary it leaves it freed, and the next garbage collection frees it again (node-av 6.1.1).
  check(await encoder.open2(codec, options));
  const output = new FormatContext();
  check(output.allocOutputContext2(null, 'mp4', file));
  const stream = output.newStream();
  stream.timeBase = new Rational(1, 12_800);
  check(stream.codecpar.fromContext(encoder));
  check(output.openOutputSync());
  check(output.writeHeaderSync());
  const packet = new Packet();
  packet.alloc();
  const drain = () => {
    while (encoder.receivePacketSync(packet) >= 0) {
      packet.duration = 1n; // with none, the edit list ends before the last picture
      packet.streamIndex = 0;
      packet.rescaleTs({ num: 1, den: 25 }, stream.timeBase);
      check(output.writeFrameSync(packet));
      packet.unref();
    }
  };
  for (let i = 0; i < pictures; i++) {
    const data = Buffer.alloc((sizePx * sizePx * 3) / 2, 128);
    for (let y = 0; y < sizePx; y++) {
      for (let x = 0; x < sizePx; x++) data[y * sizePx + x] = Math.round(lumaAt(x, y, i));
    }
    const frame = Frame.fromVideoBuffer(data, {
      width: sizePx,
      height: sizePx,
      format: AV_PIX_FMT_YUV420P,
      timeBase: { num: 1, den: 25 },
    });
    frame.pts = BigInt(i);
    check(encoder.sendFrameSync(frame));
    frame.free();
    drain();
  }
  encoder.sendFrameSync(null);
  drain();
  check(output.writeTrailerSync());
  output.closeOutputSync();
  output.freeContext();
  packet.free();
  encoder.freeContext();
}
