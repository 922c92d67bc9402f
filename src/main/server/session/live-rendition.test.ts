import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SAMPLES_PER_PICTURE } from '../../../shared/units';
import type { VideoCodec } from '../encode/video';
import { counts } from '../metrics/native';
import type { Adaptive, EncodedPacket, Output, Rendition } from '../outputs/output';
import { sharedBitrateBps } from './live-rendition';
import { Program } from './program';

const SIDE_PX = 480;
const PROGRAM_BPS = 1_500_000;

/** Someone who watches, and says what to be sent. */
class Viewer implements Output, Adaptive {
  readonly kind = 'webrtc';
  readonly adaptive = this;
  rendition: Rendition = 'program';
  waiting = false;
  pictureBps = PROGRAM_BPS;
  readonly program: EncodedPacket[] = [];
  readonly ofLive: { packet: EncodedPacket; parameterSets: Uint8Array | undefined }[] = [];
  readonly cuts: number[] = [];
  async start(): Promise<void> {}
  video(packet: EncodedPacket): void {
    this.program.push(packet);
  }
  audio(): void {}
  asksForKeyframe(): boolean {
    return this.waiting;
  }
  keyframeAt(rendition: Rendition, ptsSamples: number): void {
    if (rendition === 'program') this.cuts.push(ptsSamples);
  }
  live(packet: EncodedPacket, parameterSets: Uint8Array | undefined): void {
    this.ofLive.push({ packet, parameterSets });
  }
  async close(): Promise<void> {}
}

let program: Program | undefined;
afterEach(async () => {
  await program?.close();
  program = undefined;
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

async function open(videoCodec: VideoCodec = 'h264') {
  program = await Program.open({
    videoCodec,
    widthPx: SIDE_PX,
    heightPx: SIDE_PX,
    videoBitrateBps: PROGRAM_BPS,
    audioBitrateBps: 64_000,
    epochMs: 0,
    onError: (error) => {
      throw error;
    },
  });
  const viewer = new Viewer();
  await program.attach(viewer);
  let picture = 0;
  let released = 0;
  const data = new Uint8Array((SIDE_PX * SIDE_PX * 3) / 2).fill(90);
  /** Each picture changes in a hundred places, and is encoded before the next one comes. */
  const play = async (pictures: number) => {
    for (let i = 0; i < pictures; i++, picture++) {
      randomBytes(4_000).copy(data, (picture * 4_001) % (data.length - 4_000));
      program!.picture({ widthPx: SIDE_PX, heightPx: SIDE_PX, data }, picture * SAMPLES_PER_PICTURE, () => released++);
      while (released <= picture) await sleep(1);
    }
  };
  return { program, viewer, play };
}

const bitsPerSecond = (packets: readonly EncodedPacket[]) => {
  const bytes = packets.slice(1).reduce((sum, { data }) => sum + data.length, 0);
  return (bytes * 8 * 48_000) / (packets.at(-1)!.ptsSamples - packets[0]!.ptsSamples);
};

describe('the live rendition', () => {
  it('is there while someone needs it, and the program does not notice', async () => {
    const { viewer, play } = await open();
    await play(20);
    expect(counts()['video-encoder']).toBe(1);
    viewer.rendition = 'live';
    viewer.pictureBps = 600_000;
    await play(60);
    expect(counts()['video-encoder']).toBe(2);
    viewer.rendition = 'program';
    await play(60);
    await sleep(50);
    expect(counts()['video-encoder']).toBe(1);
    expect(viewer.ofLive[0]!.packet.keyframe).toBe(true);
    const { length } = viewer.program;
    expect(length).toBe(140);
    expect(viewer.program.map(({ ptsSamples }) => ptsSamples / SAMPLES_PER_PICTURE)).toEqual([...Array(length).keys()]);
    expect(viewer.program.filter(({ keyframe }) => keyframe)).toHaveLength(1);
  });

  it('takes as many bits as its viewers have, and another rate without a keyframe', async () => {
    const { viewer, play } = await open();
    viewer.rendition = 'live';
    viewer.pictureBps = 900_000;
    await play(60);
    viewer.pictureBps = 600_000;
    const from = viewer.ofLive.length;
    await play(80);
    const [before, after] = [viewer.ofLive.slice(20, from), viewer.ofLive.slice(from + 25)];
    expect(bitsPerSecond(before.map(({ packet }) => packet))).toBeGreaterThan(700_000);
    const narrow = bitsPerSecond(after.map(({ packet }) => packet));
    expect(narrow).toBeGreaterThan(450_000);
    expect(narrow).toBeLessThan(700_000);
    expect(viewer.ofLive.filter(({ packet }) => packet.keyframe).length).toBeLessThanOrEqual(2);
  });

  it('becomes smaller, then half as frequent, each at a keyframe with its own parameter sets, and large again', async () => {
    const { program, viewer, play } = await open();
    viewer.rendition = 'live';
    const shapes: string[] = [];
    for (const bps of [800_000, 200_000, 60_000, 1_500_000]) {
      viewer.pictureBps = bps;
      await play(55);
      const { liveWidthPx, livePicturesPerSecond } = program.figures;
      shapes.push(`${liveWidthPx}@${livePicturesPerSecond}`);
    }
    expect(shapes).toEqual(['480@25', '360@25', '360@12.5', '480@25']);
    const keyframes = viewer.ofLive.filter(({ packet }) => packet.keyframe);
    expect(new Set(keyframes.map(({ parameterSets }) => Buffer.from(parameterSets!).toString('hex'))).size).toBe(3);
    const times = viewer.ofLive.map(({ packet }) => packet.ptsSamples / SAMPLES_PER_PICTURE);
    const steps = new Set(times.slice(1).map((time, i) => time - times[i]!));
    expect([...steps].every((step) => step === 1 || step === 2)).toBe(true);
    expect(steps.has(2)).toBe(true);
  });

  it('begins anew for another rate where the codec cannot be told (VP8)', async () => {
    const { program, viewer, play } = await open('vp8');
    viewer.rendition = 'live';
    viewer.pictureBps = 900_000;
    await play(30);
    viewer.pictureBps = 600_000;
    await play(40);
    expect(program.figures.liveBitrateBps).toBe(600_000);
    expect(viewer.ofLive.filter(({ packet }) => packet.keyframe).length).toBe(2);
  });

  it('makes a keyframe for the one who waits for it, in the rendition that it is to be in', async () => {
    const { viewer, play } = await open();
    await play(30);
    viewer.waiting = true;
    await play(1);
    viewer.waiting = false;
    await play(5);
    const keyframes = viewer.program.filter(({ keyframe }) => keyframe).map(({ ptsSamples }) => ptsSamples);
    expect(keyframes).toEqual([0, 30 * SAMPLES_PER_PICTURE]);
    expect(viewer.cuts).toEqual(keyframes);
  });
});

it('follows the slowest of a few viewers, and the best of the lowest quarter of many', () => {
  expect(sharedBitrateBps([])).toBeUndefined();
  expect(sharedBitrateBps([500_000])).toBe(500_000);
  expect(sharedBitrateBps([900_000, 200_000, 500_000])).toBe(200_000);
  const many = [60_000, ...new Array<number>(20).fill(1_000_000)];
  expect(sharedBitrateBps(many)).toBe(1_000_000);
});
