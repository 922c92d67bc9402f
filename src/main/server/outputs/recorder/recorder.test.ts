import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../../testing/clapper';
import { ffprobe } from '../../../../../testing/ffprobe';
import { clicks, ffmpegComplaints, flashes, mediaFacts } from '../../../../../testing/media-facts';
import { counts } from '../../metrics/native';
import { PartFile } from './part-file';
import { Recorder, type RecorderOptions, type RecorderStop } from './recorder';

const PICTURE_S = 0.04;
/** Sound is coded in blocks of 1,024 samples; the first only primes the decoder. */
const AAC_BLOCK_S = 1_024 / 48_000;

let dir: string;
let open: (() => Promise<unknown>)[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'herald recorder 🎬 '));
  open = [];
});
afterEach(async () => {
  for (const close of open.reverse()) await close().catch(() => {});
  rmSync(dir, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

async function clapper(options?: Parameters<typeof Clapper.open>[0]): Promise<Clapper> {
  const made = await Clapper.open(options);
  open.push(() => made.close());
  return made;
}

async function record({ program }: Clapper, name: string, options: Partial<RecorderOptions> = {}) {
  const file = await PartFile.create(join(dir, name));
  const recorder = new Recorder(file, { maxDurationMs: 60_000, minFreeBytes: 0, ...options });
  open.push(() => recorder.close());
  const stops: RecorderStop[] = [];
  recorder.onStop = (stop) => stops.push(stop);
  await program.attach(recorder);
  return { recorder, file, stops };
}

const steps = (times: number[]) => [...new Set(times.slice(1).map((t, i) => Math.round((t - times[i]!) * 1_000)))];

describe('a recording in MP4', () => {
  it('lasts as long as what was sent, at 25 pictures a second, with flash and click together at both ends', async () => {
    const clap = await clapper({ clapAt: [60, 280] });
    await clap.play(33); // it joins in the middle
    const { recorder, file, stops } = await record(clap, 'clap.mp4');
    await clap.play(250);
    await recorder.close();
    const facts = await mediaFacts(file.path);
    expect(recorder.durationMs).toBe(10_000);
    expect(facts.video.pictures).toHaveLength(250);
    expect(steps(facts.video.times)).toEqual([40]);
    expect(facts.video.times[0]).toBe(0);
    expect(Math.abs(facts.video.endS - 10)).toBeLessThan(0.001);
    expect(Math.abs(facts.audio.endS - 10)).toBeLessThan(0.001);
    expect(Math.abs(facts.audio.times[0]! + AAC_BLOCK_S)).toBeLessThan(0.001);
    expect([facts.video.decodeErrors, facts.audio.decodeErrors]).toEqual([0, 0]);
    const [flash, click] = [flashes(facts.video), clicks(facts.audio)];
    expect(flash.map((s) => Math.round(s / PICTURE_S))).toEqual([27, 247]);
    expect(click).toHaveLength(2);
    for (const [i, atS] of click.entries()) expect(Math.abs(atS - flash[i]!)).toBeLessThan(PICTURE_S / 2);
    expect(stops).toEqual([]);
    const complaints = ffmpegComplaints(file.path);
    if (complaints === undefined) console.warn('no ffmpeg here: its own opinion of the file is not asked');
    else expect(complaints).toBe('');
    const probed = ffprobe(file.path);
    if (!probed) return console.warn('no ffprobe here: its own opinion of the file is not asked');
    expect(probed.video).toEqual({ averageRate: '25/1', startS: 0, durationS: 10, packets: 250 });
    // Fragments have no edit list that would hide the block that primes the decoder.
    const { startS, durationS } = probed.audio;
    expect(startS).toBeCloseTo(-AAC_BLOCK_S, 4);
    expect(Math.abs(startS + durationS - 10)).toBeLessThan(0.001);
  });

  it('has a keyframe every 2 s, as long as it is recorded', async () => {
    const clap = await clapper();
    await clap.play(10);
    const { recorder, file } = await record(clap, 'keys.mp4');
    await clap.play(151);
    await recorder.close();
    clap.program.detach(recorder);
    expect((await mediaFacts(file.path)).video.keyframeTimes.map((s) => Math.round(s * 25))).toEqual([0, 50, 100, 150]);
    const before = clap.keyframes;
    await clap.play(200);
    expect(clap.keyframes).toBe(before);
  });

  it('closes over time in which nothing was sent', async () => {
    const clap = await clapper({ clapAt: [80] });
    await clap.play(10);
    const { recorder, file } = await record(clap, 'slept.mp4');
    await clap.play(50);
    clap.skip(3_600 * 48_000);
    await clap.play(50);
    await recorder.close();
    const facts = await mediaFacts(file.path);
    expect(steps(facts.video.times)).toEqual([40]);
    expect(facts.video.pictures).toHaveLength(100);
    expect(Math.abs(clicks(facts.audio)[0]! - flashes(facts.video)[0]!)).toBeLessThan(PICTURE_S / 2);
  });

  it('is playable at any moment: what is on the disk lags by no more than two fragments', async () => {
    const clap = await clapper();
    const { recorder, file } = await record(clap, 'cut.part.mp4');
    await clap.play(105);
    await expect
      .poll(() => statSync(file.path).size === file.writtenBytes && file.writtenBytes > 0, { timeout: 10_000 })
      .toBe(true);
    const { video, audio } = await mediaFacts(file.path); // as after a crash: nobody has ended it
    expect(video.endS).toBeGreaterThan(4.2 - 1);
    expect(audio.endS).toBeGreaterThan(4.2 - 1);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
    await recorder.close();
  });

  it('keeps sound whose pictures are late: it does not wait in memory for them', async () => {
    const clap = await clapper();
    const { recorder, file } = await record(clap, 'starved.part.mp4');
    await clap.play(50);
    // Pictures stop; three seconds of sound do not.
    for (let frame = 0; frame < 150; frame++) clap.program.audio(new Float32Array(960), clap.nowSamples + frame * 960);
    await expect
      .poll(async () => (await mediaFacts(file.path)).audio.endS, { timeout: 10_000 })
      .toBeGreaterThan(5 - 1.6);
    const { video, audio } = await mediaFacts(file.path);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
    clap.skip(150 * 960);
    await clap.play(25);
    await recorder.close();
    const whole = await mediaFacts(file.path);
    expect([whole.video.decodeErrors, whole.audio.decodeErrors]).toEqual([0, 0]);
    expect(whole.audio.endS).toBeCloseTo(6, 1);
    expect(whole.video.endS).toBeCloseTo(6, 1);
  });

  it('ends at its longest, and says so', async () => {
    const clap = await clapper();
    const { recorder, file, stops } = await record(clap, 'long.mp4', { maxDurationMs: 2_000 });
    await clap.play(80);
    await recorder.close();
    expect(stops).toEqual([{ fault: false, message: expect.stringContaining('record_max_minutes') }]);
    expect((await mediaFacts(file.path)).video.pictures).toHaveLength(50);
  });

  it('ends well when the disk has no more than must stay free', async () => {
    const clap = await clapper();
    const { recorder, file, stops } = await record(clap, 'full.mp4', { minFreeBytes: Number.MAX_SAFE_INTEGER });
    await clap.play(60); // looked at every 2 s
    await expect.poll(() => stops.length, { timeout: 10_000 }).toBe(1);
    await clap.play(20);
    await recorder.close();
    expect(stops[0]).toMatchObject({ fault: true, message: expect.stringContaining('must stay free') });
    const { video, audio } = await mediaFacts(file.path);
    expect(video.pictures.length).toBeGreaterThanOrEqual(50);
    expect(Math.abs(video.endS - audio.endS)).toBeLessThan(PICTURE_S);
  });

  it('survives that its folder is removed: the program goes on, and what was recorded is there again', async () => {
    const clap = await clapper();
    const folder = join(dir, 'recordings');
    mkdirSync(folder);
    const { recorder, file, stops } = await record(clap, 'recordings/gone.mp4');
    await clap.play(45);
    rmSync(folder, { recursive: true });
    await clap.play(20);
    await expect.poll(() => stops.length, { timeout: 10_000 }).toBe(1);
    await clap.play(20); // would hang or throw if the program minded
    await recorder.close();
    expect(stops[0]).toMatchObject({ fault: true, message: expect.stringContaining('was removed') });
    expect(readdirSync(folder)).toEqual(['gone.mp4']);
    expect((await mediaFacts(file.path)).video.endS).toBeGreaterThan(1);
  });

  it('waits for no picture once it cannot write any more', async () => {
    const clap = await clapper();
    // A wait that nothing ends would outlast the test.
    const { recorder, file } = await record(clap, 'fault.mp4', { lastPictureMs: 3_600_000 });
    await clap.play(10);
    let closed: Promise<void> | undefined;
    recorder.onStop = () => {
      closed = recorder.close(); // from inside the call, as a session does
    };
    clap.program.audio(new Float32Array(960), clap.nowSamples); // sound whose picture never comes
    file.onError(new Error('the disk is gone'));
    expect(closed).toBeDefined();
    await closed;
  });

  it('has nothing in it when no picture ever came', async () => {
    const clap = await clapper();
    const { recorder, file } = await record(clap, 'none.mp4');
    await recorder.close();
    expect(recorder.durationMs).toBe(0);
    expect(statSync(file.path).size).toBe(0);
  });
});

describe('a recording in WebM', () => {
  it('holds the VP8 and Opus that viewers get, in sync', async () => {
    const clap = await clapper({ codec: 'vp8', clapAt: [30, 130] });
    await clap.play(10);
    const { recorder, file } = await record(clap, 'clap.webm');
    await clap.play(150);
    await recorder.close();
    const { video, audio } = await mediaFacts(file.path);
    expect(video.pictures).toHaveLength(150);
    expect(steps(video.times)).toEqual([40]);
    expect(Math.abs(audio.startS - video.startS)).toBeLessThan(0.02);
    expect(Math.abs(video.endS - 6)).toBeLessThan(PICTURE_S);
    const [flash, click] = [flashes(video), clicks(audio)];
    expect(flash).toHaveLength(2);
    for (const [i, atS] of click.entries()) expect(Math.abs(atS - flash[i]!)).toBeLessThan(PICTURE_S / 2);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
  });
});

describe('PartFile', () => {
  it('never overwrites', async () => {
    const file = await PartFile.create(join(dir, 'a.mp4'));
    await expect(PartFile.create(join(dir, 'a.mp4'))).rejects.toMatchObject({ code: 'EEXIST' });
    await file.finish();
  });
});
