import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../../testing/clapper';
import { mediaFacts } from '../../../../../testing/media-facts';
import { type RtmpMedia, RtmpServer } from '../../../../../testing/rtmp-server';
import { counts } from '../../metrics/native';
import type { PushState } from '../push';
import { RtmpOutput } from './rtmp-output';

let server: RtmpServer;
let port: number;
let clap: Clapper;
let dir: string;
let output: RtmpOutput;
let states: [PushState, string | undefined][];

beforeEach(async () => {
  server = new RtmpServer();
  port = await server.listen();
  dir = mkdtempSync(join(tmpdir(), 'herald rtmp '));
  states = [];
});
afterEach(async () => {
  await output.close();
  await clap.close();
  await server.close();
  rmSync(dir, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

async function push(url: string, limits?: ConstructorParameters<typeof RtmpOutput>[1], clapAt: number[] = []) {
  clap = await Clapper.open({ clapAt });
  output = new RtmpOutput({ url, requestKeyframe: () => clap.program.requestKeyframe() }, limits);
  output.onChange = (state, reason) => states.push([state, reason]);
}

async function until(test: () => boolean): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited >= 20_000) throw new Error('waited in vain');
    await sleep(10);
  }
}

/** Faster than life, but never more than the far end keeps up with. */
async function play(pictures: number): Promise<void> {
  for (let i = 0; i < pictures; i += 5) {
    await clap.play(Math.min(5, pictures - i));
    await until(() => output.figures.backlogMs! <= 100);
  }
}

/** FLV, annex E.4.3.1: frame type 1 is a keyframe; AVC packet type 0 is the header, 1 is pictures. */
const isHeader = ({ bytes }: RtmpMedia) => bytes[1] === 0;
const isKeyframe = ({ kind, bytes }: RtmpMedia) =>
  kind === 'video' && bytes[0]! >> 4 === 1 && !isHeader({ bytes } as RtmpMedia);

describe('an RTMP push', () => {
  it('sends AVC and AAC from a keyframe on, in order, and begins anew with a keyframe when the connection was lost', async () => {
    await push(`rtmp://127.0.0.1:${port}/live/key`);
    await clap.program.attach(output);
    await play(10); // nobody is connected yet: nothing is kept
    await until(() => output.state === 'live');
    await play(120);
    const [first] = server.publications;
    expect(first).toMatchObject({ app: 'live', key: 'key', metadata: true });
    const video = first!.media.filter(({ kind }) => kind === 'video');
    const audio = first!.media.filter(({ kind }) => kind === 'audio');
    // AVCDecoderConfigurationRecord (version 1, Constrained Baseline) and AudioSpecificConfig (LC, 48 kHz, mono).
    expect([...video[0]!.bytes.subarray(0, 7)]).toEqual([0x17, 0, 0, 0, 0, 1, 66]);
    expect(audio[0]!.bytes.subarray(0, 4).toString('hex')).toBe('af001188');
    const pictures = video.filter((tag) => !isHeader(tag));
    expect(isKeyframe(pictures[0]!)).toBe(true);
    expect(pictures.length).toBeGreaterThan(100);
    const steps = pictures.slice(1).map(({ timeMs }, i) => timeMs - pictures[i]!.timeMs);
    expect([pictures[0]!.timeMs, ...new Set(steps)]).toEqual([0, 40]);
    expect(pictures.filter(isKeyframe).map(({ timeMs }) => timeMs)).toEqual(
      [0, 2_000, 4_000].slice(0, Math.ceil(pictures.length / 50)),
    );
    const times = first!.media.map(({ timeMs }) => timeMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(audio.filter((tag) => !isHeader(tag))[0]!.timeMs).toBeLessThan(22); // one AAC packet

    server.drop();
    for (let i = 0; output.state === 'live' && i < 500; i++) await clap.play(1);
    await until(() => server.publications.length === 2 && output.state === 'live');
    await play(20);
    expect(states.map(([state]) => state)).toEqual(['live', 'reconnecting', 'live']);
    const again = server.publications[1]!.media.filter((tag) => !isHeader(tag));
    expect(again.find(({ kind }) => kind === 'video')).toSatisfy(isKeyframe);
    expect(Math.min(...again.map(({ timeMs }) => timeMs))).toBe(0);
    expect(output.figures).toMatchObject({ connects: 2, droppedPictures: 0, droppedSounds: 0 });

    await output.close();
    await until(() => server.publications[1]!.ended);
    expect(states.at(-1)).toEqual(['closed', undefined]);
  });

  it('keeps sound and picture together, to the end', async () => {
    const file = join(dir, 'stream.flv');
    await push(`file:${file}`, undefined, [60, 110]);
    await clap.program.attach(output);
    await until(() => output.state === 'live');
    await play(125);
    await output.close();
    const { video, audio } = await mediaFacts(file);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
    const flashes = video.pictures.filter(({ luma }) => luma > 200).map(({ atS }) => atS);
    const clicks = audio.blocks
      .flatMap(({ atS, samples }) => [...samples].map((value, i) => ({ atS: atS + i / 48_000, value })))
      .filter(({ value }) => Math.abs(value) > 0.4)
      .map(({ atS }) => atS);
    expect(flashes).toHaveLength(2);
    for (const flash of flashes) {
      const click = clicks.find((atS) => Math.abs(atS - flash) < 0.5);
      expect(Math.abs(click! - flash)).toBeLessThan(0.005);
    }
  });

  it('leaves pictures out when the far end stops reading, gives it up after a while, and closes all the same', async () => {
    await push(`rtmp://127.0.0.1:${port}/live/key`, { connectMs: 20_000, stuckMs: 300, closeMs: 300 });
    const { format } = clap.program;
    await output.start(format);
    await until(() => output.state === 'live');
    server.pause(true);
    const noise = Buffer.alloc(2_000_000, 0x5a);
    noise.set([0, 0, 0, 1, 0x65]);
    let ptsSamples = 0;
    const picture = () => {
      output.video({ data: noise, ptsSamples, durationSamples: 1_920, keyframe: true });
      ptsSamples += 1_920;
    };
    for (let i = 0; i < 200 && output.figures.droppedPictures === 0; i++) picture();
    expect(output.figures.droppedPictures).toBe(1);
    expect(output.figures.backlogMs).toBeLessThanOrEqual(2_040);
    // Whatever the kernel takes in on the far end's behalf.
    await until(() => {
      picture();
      return output.state === 'reconnecting';
    });
    expect(states.at(-1)![1]).toContain('has taken nothing for 0.3 s');
    await output.close(); // while it may be connecting to a server that does not answer
    expect(output.state).toBe('closed');
  });

  it('says why it is not taken, without the key, and goes on trying', async () => {
    server.refuses = true;
    await push(`rtmp://127.0.0.1:${port}/live/very-secret?auth=hush`);
    await clap.program.attach(output);
    await until(() => output.state === 'reconnecting');
    expect(states[0]![1]).toContain('stream key');
    server.refuses = false;
    await until(() => output.state === 'live');
    await server.close();
    server.drop();
    for (let i = 0; output.state === 'live' && i < 500; i++) await clap.play(1);
    await until(() => states.some(([, reason]) => reason?.includes('nobody listens')));
    expect(JSON.stringify(states)).not.toMatch(/secret|hush/);
  });

  it('refuses VP8 in words', async () => {
    await push('rtmp://127.0.0.1:1/live/key');
    const { format } = clap.program;
    const vp8 = { ...format, video: { ...format.video, codec: 'vp8' as const } };
    await expect(output.start(vp8)).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('VP8') });
  });
});
