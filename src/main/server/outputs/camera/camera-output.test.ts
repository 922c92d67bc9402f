import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../../testing/clapper';
import { FakeSoundServer } from '../../../../../testing/fake-sound-server';
import type { I420Picture } from '../../avatar/avatar';
import { counts } from '../../metrics/native';
import type { PushState } from '../push';
import { FEED_LIMITS, type FeedLimits } from './camera-feed';
import { CameraOutput } from './camera-output';

const SIDE_PX = 64;
const PICTURE_BYTES = (SIDE_PX * SIDE_PX * 3) / 2;

let dir: string;
let pipe: string;
let clap: Clapper;
let sounds: FakeSoundServer;
let output: CameraOutput;
let states: [PushState, string | undefined][];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald camera '));
  pipe = join(dir, 'video10');
  execFileSync('mkfifo', [pipe]);
  clap = await Clapper.open();
  sounds = new FakeSoundServer();
  states = [];
});
afterEach(async () => {
  await output.close();
  await clap.close();
  sounds.close();
  rmSync(dir, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

function camera(...args: ConstructorParameters<typeof CameraOutput>): CameraOutput {
  output = new CameraOutput(...args);
  output.onChange = (state, reason) => states.push([state, reason]);
  return output;
}

async function until(test: () => boolean): Promise<void> {
  for (let waited = 0; !test(); waited += 5) {
    if (waited >= 20_000) throw new Error(`waited in vain: ${JSON.stringify([states, output.figures])}`);
    await sleep(5);
  }
}

async function read(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// The v4l2 muxer is FFmpeg's for Linux alone.
describe.skipIf(process.platform !== 'linux')('a virtual camera', () => {
  it('gets every picture as it is, in order, and a microphone the sound', async () => {
    const bytes = read(createReadStream(pipe));
    await clap.program.attach(camera(pipe, 'rawvideo'));
    await until(() => output.state === 'live' && output.figures.microphones === 1);
    for (let i = 1; i <= 12; i++) {
      await clap.play(1);
      await until(() => output.figures.pictures === i);
    }
    await until(() => sounds.sound.length === 12 * 1_920);
    const { sound } = sounds;
    expect(output.figures).toEqual({
      pictures: 12,
      droppedPictures: 0,
      microphones: 1,
      droppedSounds: 0,
      retryInMs: 0,
    });
    await output.close();

    const film = await bytes;
    expect(film.length).toBe(12 * PICTURE_BYTES);
    const lumas = Array.from({ length: 12 }, (_, i) => film[i * PICTURE_BYTES]);
    expect(lumas).toEqual(lumas.map((_, i) => 40 + i)); // what the clapper shows
    const seventh = Buffer.alloc(PICTURE_BYTES, 128).fill(46, 0, SIDE_PX * SIDE_PX);
    expect(film.subarray(6 * PICTURE_BYTES, 7 * PICTURE_BYTES).equals(seventh)).toBe(true);

    const hum = Float32Array.from(sound, (_, i) => 0.02 * Math.sin((2 * Math.PI * 110 * i) / 48_000));
    expect(sound).toEqual(hum);
    expect(sounds.calls).toEqual([
      'list short sinks',
      'load-module module-null-sink sink_name=herald_video10 rate=48000 channels=1 ' +
        'sink_properties=device.description=Herald-video10 norewinds=1',
      'list short sources',
      'load-module module-remap-source master=herald_video10.monitor source_name=herald_video10_mic ' +
        'source_properties=device.description=Herald-video10',
      'pacat --playback --raw --verbose --device=herald_video10 --format=float32le --rate=48000 --channels=1 --latency-msec=60 ' +
        '--client-name=Herald',
      'unload-module 537',
      'unload-module 536',
    ]);
    expect(states).toEqual([
      ['live', undefined],
      ['closed', undefined],
    ]);
  });

  it('that does not keep up is shown the newest picture next', async () => {
    const { reader, offer, count } = await openUnread(FEED_LIMITS);
    // Nobody reads: the pipe fills up, then a write waits.
    for (offer(); output.figures.droppedPictures! < 3; offer()) await sleep(1);
    expect(count.offered - count.released).toBe(1); // the one that waits
    const film = read(createReadStream(pipe, { fd: reader, autoClose: false }));
    await until(() => output.figures.pictures! + output.figures.droppedPictures! === count.offered);
    expect(count.released).toBe(count.offered);
    await output.close();
    const shown = await film;
    await reader.close();
    const lumas = Array.from({ length: shown.length / PICTURE_BYTES }, (_, i) => shown[i * PICTURE_BYTES]!);
    expect(lumas).toEqual([...new Set(lumas)].sort((a, b) => a - b));
    expect([lumas.length, lumas.at(-1)]).toEqual([output.figures.pictures, count.offered - 1]);
  });

  it('that takes nothing any more is closed and opened again', async () => {
    const { reader, offer, count } = await openUnread({ ...FEED_LIMITS, stuckMs: 200 });
    for (; output.state === 'live'; offer()) await sleep(5);
    expect(states.at(-1)).toEqual(['reconnecting', 'it has taken no picture for 0.2 s']);
    expect(count.released).toBe(count.offered);
    await until(() => output.state === 'live');
    await output.close();
    await reader.close();
  });

  it('says what is wrong with the device, and with the sound', async () => {
    sounds.uninstall();
    const told = new Map<CameraOutput, string[]>();
    const all = [camera('/dev/null'), camera(join(dir, 'video987')), camera(join(dir, 'file'), 'rawvideo')];
    for (const one of all) {
      told.set(one, []);
      one.onChange = (state, reason = '') => told.get(one)!.push(`${state}: ${reason}`);
    }
    try {
      await Promise.all(all.map((one) => one.start(clap.program.format)));
      const [noCamera, gone, silent] = [...told.values()];
      await until(() => [noCamera, gone, silent].every((lines) => lines?.some((line) => !line.endsWith(': '))));
      expect(noCamera![0]).toMatch(/^failed: the device takes no pictures .* is it a v4l2loopback device/);
      expect(gone![0]).toMatch(/^reconnecting: the device is gone: /);
      expect(silent!.at(-1)).toMatch(/^live: pictures without sound: pactl is not installed: sudo apt install/);
    } finally {
      await Promise.all(all.map((one) => one.close()));
    }
    expect(output.figures.microphones).toBe(0);
  });
});

/** A camera on a pipe that is open and that nobody reads from; `offer` gives it pictures of luma 0, 1, 2, ... */
async function openUnread(limits: FeedLimits) {
  sounds.refuse();
  const reading: Promise<FileHandle> = open(pipe, 'r');
  await camera(pipe, 'rawvideo', limits).start(clap.program.format);
  const reader = await reading;
  await until(() => output.state === 'live');
  const count = { offered: 0, released: 0 };
  const offer = () => output.picture(grey(count.offered++), () => count.released++);
  return { reader, offer, count };
}

const grey = (luma: number): I420Picture => ({
  widthPx: SIDE_PX,
  heightPx: SIDE_PX,
  data: new Uint8Array(PICTURE_BYTES).fill(luma),
});
