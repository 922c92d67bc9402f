import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  clapperLuma,
  FLASH_LUMA,
  writeActionFolder,
  writeClapperVideo,
  writeClickWav,
} from '../../../../testing/actions';
import { numberOf, padded } from '../../../../testing/livetalking-folder';
import { writeTestPresenter } from '../../../../testing/presenter';
import { PICTURE_MS, SAMPLES_PER_PICTURE } from '../../../shared/units';
import { counts } from '../metrics/native';
import { Actions, type ActStep, type Performance } from './actions';
import type { Avatar, I420Picture, PerformanceClip } from './avatar';
import { AvatarLibrary } from './library';

const SIZE = { widthPx: 64, heightPx: 64 };
const never = new AbortController().signal;

let root: string;
let actionsDir: string;
beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'herald-actions-')));
  actionsDir = join(root, 'data', 'actions');
  await writeActionFolder(join(actionsDir, 'dance'), { pictures: 6 });
  await writeActionFolder(join(actionsDir, 'white'), { pictures: 1, luma: () => 255 });
});
afterAll(() => rmSync(root, { recursive: true }));

const open: Actions[] = [];
afterEach(async () => {
  for (const actions of open.splice(0)) await actions.close();
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

async function actionsOf(options: { config?: unknown; configFile?: string; workingDir?: string } = {}) {
  const { config, configFile = join(root, 'config', 'actions.json'), workingDir = root } = options;
  if (config !== undefined) {
    mkdirSync(dirname(configFile), { recursive: true });
    writeFileSync(configFile, typeof config === 'string' ? config : JSON.stringify(config));
  }
  const actions = await Actions.open({
    actionsDir,
    cacheDir: join(root, 'cache'),
    workingDir,
    ...(config !== undefined && { configFile }),
  });
  open.push(actions);
  return actions;
}

const presenter = (performances: PerformanceClip[] = []) => ({ id: 'clara', performances }) as unknown as Avatar;
const offer = async (config: unknown, actions?: Actions) =>
  (actions ?? (await actionsOf())).forSession(presenter(), JSON.stringify(config));

async function all(performance: Performance, { size = SIZE, most = Number.POSITIVE_INFINITY } = {}) {
  const steps: ActStep[] = [];
  for await (const step of performance.steps(size, never)) {
    steps.push(step);
    if (steps.length >= most) return steps;
  }
  // What its headers say is what it plays.
  expect(steps.length * PICTURE_MS).toBe(performance.durationMs);
  return steps;
}

const lumaAt = ({ widthPx, data }: I420Picture, xPx: number, yPx: number) => data[yPx * widthPx + xPx]!;
const middle = (picture: I420Picture) => lumaAt(picture, picture.widthPx / 2, picture.heightPx / 2);
/** Sample at which each click begins. */
function clicks(steps: ActStep[]): number[] {
  const found: number[] = [];
  let quietSince = -SAMPLES_PER_PICTURE;
  steps.forEach(({ samples }, k) => {
    samples.forEach((sample, i) => {
      if (Math.abs(sample) < 0.2) return;
      const at = k * SAMPLES_PER_PICTURE + i;
      if (at - quietSince > 480) found.push(at);
      quietSince = at;
    });
  });
  return found;
}

describe('a folder of pictures', () => {
  it('plays its pictures in the order of their numbers, once', async () => {
    const dir = join(actionsDir, 'numbers');
    await writeActionFolder(dir, { pictures: 12, fileName: (index) => `${index}.png` }); // 10.png sorts before 2.png
    const [performance] = await offer([{ audiotype: 2, imgpath: 'numbers' }]);
    expect(performance).toMatchObject({ audiotype: 2, name: 'numbers', loop: false });
    const steps = await all(performance!);
    expect(steps.map(({ picture }) => numberOf(picture))).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(steps.map(({ first }) => first)).toEqual([true, ...Array.from({ length: 11 }, () => false)]);
    expect(steps.every(({ samples }) => samples.length === SAMPLES_PER_PICTURE && samples.every((x) => x === 0))).toBe(
      true,
    );
  });

  it.each([
    ['16 kHz mono, as LiveTalking wants it', 16_000, 1],
    ['44.1 kHz stereo', 44_100, 2],
    ['48 kHz mono', 48_000, 1],
  ])('plays sound of %s, where it belongs to the sample', async (_, rateHz, channels) => {
    const dir = join(actionsDir, `flash-${rateHz}`);
    await writeActionFolder(dir, { pictures: 10, luma: (index) => (index === 4 ? 255 : 60) });
    writeClickWav(join(dir, 'click.wav'), { rateHz, channels, durationMs: 400, clickAtMs: [160] });
    const [performance] = await offer([
      { audiotype: 2, imgpath: `flash-${rateHz}`, audiopath: `flash-${rateHz}/click.wav` },
    ]);
    const steps = await all(performance!);
    expect(steps).toHaveLength(10);
    expect(steps.map(({ picture }) => middle(picture) > 200)).toEqual(steps.map((_, k) => k === 4));
    const [click, ...more] = clicks(steps);
    expect(more).toEqual([]);
    // A resampler rings before a click: a handful of samples, 0.1 ms.
    expect(Math.abs(click! - 4 * SAMPLES_PER_PICTURE)).toBeLessThanOrEqual(6);
  });

  it('walks back and forth while its sound goes on, to the last sample', async () => {
    writeClickWav(join(actionsDir, 'long.wav'), { durationMs: 500, clickAtMs: [490] });
    const [performance] = await offer([{ audiotype: 2, imgpath: 'dance', audiopath: 'long.wav' }]);
    const steps = await all(performance!);
    expect(steps).toHaveLength(13); // 500 ms, the last block filled up
    expect(steps.map(({ picture }) => numberOf(picture))).toEqual([0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 1, 2]);
    expect(Math.abs(clicks(steps)[0]! - 490 * 48)).toBeLessThanOrEqual(6);
  });

  it('shows all its pictures when its sound is shorter', async () => {
    writeClickWav(join(actionsDir, 'short.wav'), { durationMs: 100 });
    const [performance] = await offer([{ audiotype: 2, imgpath: 'dance', audiopath: 'short.wav' }]);
    expect(await all(performance!)).toHaveLength(6);
  });

  it('of one picture stands for a picture, and as mode 1 for as long as it is shown, decoded once', async () => {
    await writeActionFolder(join(actionsDir, 'one'), { pictures: 1 });
    writeClickWav(join(actionsDir, 'hum.wav'), { durationMs: 100, clickAtMs: [0] });
    const performances = await offer([
      { audiotype: 1, imgpath: 'one', audiopath: 'hum.wav' },
      { audiotype: 2, imgpath: 'one' },
    ]);
    expect(await all(performances[1]!)).toHaveLength(1);
    const still = await all(performances[0]!, { most: 50 });
    expect(new Set(still.map(({ picture }) => picture)).size).toBe(1);
    expect(clicks(still)).toEqual([]); // mode 1 is silence
  });

  it('of 3,000 pictures is read as it is played, and nothing of it is kept', async () => {
    const dir = join(actionsDir, 'long');
    await writeActionFolder(dir, { pictures: 3_000 });
    const [performance] = await offer([{ audiotype: 2, imgpath: 'long', loop: true }]);
    const file = (index: number) => join(dir, padded('png')(index));
    const seen: number[] = [];
    // In this size 3,000 pictures are 18 MB and would be kept for a loop; in four times that they are not.
    for await (const { picture } of performance!.steps({ widthPx: 128, heightPx: 128 }, never)) {
      seen.push(middle(picture));
      // Each picture is read when it is due: what is put there a moment before is what is shown, in the next round too.
      if (seen.length === 10) copyFileSync(join(actionsDir, 'white', padded('png')(0)), file(11));
      if (seen.length === 100) copyFileSync(file(12), file(11));
      if (seen.length === 3_012) break;
    }
    expect(seen[11]).toBeGreaterThan(200);
    expect(seen[3_011]).toBeLessThan(200);
  });

  it('loops without a seam', async () => {
    const [performance] = await offer([{ audiotype: 2, imgpath: 'dance', loop: true }]);
    const steps = await all(performance!, { most: 15 });
    expect(steps.map(({ picture }) => numberOf(picture))).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2]);
    expect(steps.map(({ first }) => first).filter(Boolean)).toHaveLength(3);
  });

  it('is fitted into the avatar with black bars, and never stretched', async () => {
    await writeActionFolder(join(actionsDir, 'wide'), { pictures: 1, widthPx: 128, heightPx: 64, luma: () => 200 });
    const [performance] = await offer([{ audiotype: 2, imgpath: 'wide' }]);
    const [{ picture }] = (await all(performance!, { size: { widthPx: 64, heightPx: 96 } })) as [ActStep];
    expect(picture).toMatchObject({ widthPx: 64, heightPx: 96 });
    const rows = Array.from({ length: 96 }, (_, y) => lumaAt(picture, 32, y));
    expect(rows.filter((luma) => luma === 16)).toHaveLength(64);
    expect(rows.slice(32, 64).every((luma) => luma > 150)).toBe(true);
    expect(picture.data[64 * 96]).toBe(128);
  });

  it('converts large pictures once, in the background, to the very same ones', async () => {
    const name = 'large';
    await writeActionFolder(join(actionsDir, name), { pictures: 3, widthPx: 720, heightPx: 720 });
    const size = { widthPx: 720, heightPx: 720 };
    const events: string[] = [];
    const actions = await Actions.open({
      actionsDir,
      cacheDir: join(root, 'cache'),
      workingDir: root,
      onEvent: (kind) => events.push(kind),
    });
    open.push(actions);
    const [performance] = await offer([{ audiotype: 2, imgpath: name }], actions);
    const fromImages = await all(performance!, { size });
    await expect.poll(() => events, { timeout: 60_000 }).toEqual(['converted']);
    const converted = await all(performance!, { size });
    expect(converted.map(({ picture }) => numberOf(picture))).toEqual([0, 1, 2]);
    expect(converted.map(({ picture }) => picture.data)).toEqual(fromImages.map(({ picture }) => picture.data));
  }, 90_000);

  it('that breaks in its middle plays what there was and says which picture', async () => {
    const dir = join(actionsDir, 'broken');
    await writeActionFolder(dir, { pictures: 5 });
    const [performance] = await offer([{ audiotype: 2, imgpath: 'broken' }]);
    truncateSync(join(dir, padded('png')(3)), 60);
    const steps: ActStep[] = [];
    const reading = (async () => {
      for await (const step of performance!.steps(SIZE, never)) steps.push(step);
    })();
    await expect(reading).rejects.toThrow(/^00000003\.png /);
    expect(steps).toHaveLength(3);
  });
});

describe('a video file', () => {
  it.each(['mp4', 'mkv'])('plays its pictures and its own sound together (%s)', async (kind) => {
    await writeClapperVideo(join(actionsDir, `clap.${kind}`), { pictures: 75, flashAt: [10, 70] });
    const [performance] = await offer([{ audiotype: 5, imgpath: `clap.${kind}`, name: '鼓掌' }]);
    expect(performance).toMatchObject({ audiotype: 5, name: '鼓掌' });
    const steps = await all(performance!);
    expect(steps.length).toBeGreaterThanOrEqual(75);
    expect(steps.length).toBeLessThanOrEqual(76); // AAC ends on a whole packet
    const flashes = steps.flatMap(({ picture }, k) => (middle(picture) > 180 ? [k] : []));
    expect(flashes).toEqual([10, 70]);
    expect(middle(steps[3]!.picture)).toBeCloseTo(clapperLuma(3), -1);
    const heard = clicks(steps);
    expect(heard).toHaveLength(2);
    const apart = heard.map((at, i) => Math.abs(at - flashes[i]! * SAMPLES_PER_PICTURE));
    expect(Math.max(...apart)).toBeLessThanOrEqual(kind === 'mkv' ? 0 : 96); // AAC smears a click over 2 ms
  });

  it('whose sound begins later than its pictures keeps them together', async () => {
    await writeClapperVideo(join(actionsDir, 'late.mkv'), { pictures: 30, flashAt: [20], soundDelayMs: 200 });
    const [performance] = await offer([{ audiotype: 2, video: 'late.mkv' }]);
    const steps = await all(performance!);
    expect(steps).toHaveLength(30);
    expect(clicks(steps)).toEqual([20 * SAMPLES_PER_PICTURE]);
  });

  it.each([
    [50, 50, 25],
    [30, 30, 25],
    [10, 10, 25],
  ])('of %i pictures at %i a second lasts %i of ours', async (pictures, fps, expected) => {
    const file = `fps-${fps}.mkv`;
    const flashAt = Array.from({ length: Math.ceil(fps / 25) }, (_, i) => fps / 2 + i); // half a second in, for 40 ms
    await writeClapperVideo(join(actionsDir, file), { pictures, fps, flashAt, silent: true });
    const [performance] = await offer([{ audiotype: 2, video: file }]);
    const steps = await all(performance!);
    expect(steps).toHaveLength(expected);
    const flashes = steps.flatMap(({ picture }, k) => (middle(picture) > 180 ? [k] : []));
    expect(flashes[0]).toBe(Math.ceil(12.5)); // as a player does, what was due by then
    expect(steps.every(({ samples }) => samples.every((x) => x === 0))).toBe(true);
  });

  // The dark half is stored on the left: turned clockwise it lies above, on the right, below.
  it.each([
    [90, [32, 16]],
    [180, [48, 32]],
    [270, [32, 48]],
  ] as const)('that a phone stored turned by %i degrees is shown upright', async (turnDegrees, [x, y]) => {
    const file = `phone-${turnDegrees}.mp4`;
    await writeClapperVideo(join(actionsDir, file), { pictures: 2, flashAt: [0, 1], leftLuma: 20, turnDegrees });
    const [performance] = await offer([{ audiotype: 2, video: file }]);
    const [{ picture }] = (await all(performance!)) as [ActStep];
    expect(lumaAt(picture, x, y)).toBeLessThan(60);
    expect(lumaAt(picture, 64 - x, 64 - y)).toBeGreaterThan(180);
  });

  it('takes other sound where it is given, and goes round', async () => {
    await writeClapperVideo(join(actionsDir, 'own.mkv'), { pictures: 5, flashAt: [1] });
    writeClickWav(join(actionsDir, 'other.wav'), { rateHz: 44_100, channels: 2, durationMs: 200, clickAtMs: [120] });
    const [performance] = await offer([{ audiotype: 2, video: 'own.mkv', audiopath: 'other.wav', loop: true }]);
    const steps = await all(performance!, { most: 10 });
    expect(clicks(steps).map((at) => Math.round(at / 48))).toEqual([120, 320]);
    expect(steps.flatMap(({ picture }, k) => (middle(picture) > 180 ? [k] : []))).toEqual([1, 6]);
    expect(FLASH_LUMA).toBeGreaterThan(180);
  });

  it('frees everything when its reader stops early, at any moment', async () => {
    await writeClapperVideo(join(actionsDir, 'stop.mp4'), { pictures: 30 });
    const [performance] = await offer([{ audiotype: 2, video: 'stop.mp4' }]);
    for (const most of [1, 2, 29]) expect(await all(performance!, { most })).toHaveLength(most);
    const abort = new AbortController();
    let steps = 0;
    for await (const _ of performance!.steps(SIZE, abort.signal)) if (++steps === 3) abort.abort();
    expect(steps).toBe(3);
  });
});

describe('--customvideo_config', () => {
  it('finds paths beside itself first, then in the working folder', async () => {
    await writeActionFolder(join(root, 'config', 'wave'), { pictures: 2 });
    await writeActionFolder(join(root, 'work', 'data', 'bow'), { pictures: 3 });
    const actions = await actionsOf({
      config: [
        { audiotype: 2, imgpath: 'wave', extra: true },
        { audiotype: 3, imgpath: 'data/bow', audiopath: '' },
      ],
      workingDir: join(root, 'work'),
    });
    expect(actions.all.map(({ audiotype, name }) => `${audiotype} ${name}`)).toEqual(['2 wave', '3 bow']);
    expect(await all(actions.all[1]!)).toHaveLength(3);
  });

  it('names every problem with entry and key, and those of the files in words', async () => {
    const dir = join(root, 'config');
    await writeActionFolder(join(dir, 'ok'), { pictures: 1 });
    mkdirSync(join(dir, 'empty'), { recursive: true });
    await writeActionFolder(join(dir, 'named'), { pictures: 2 });
    writeFileSync(join(dir, 'named', 'portrait.png'), 'x');
    writeFileSync(join(dir, 'named', '1.jpg'), 'x');
    writeFileSync(join(dir, 'noise.wav'), 'this is no sound at all');
    writeFileSync(join(dir, 'noise.mp4'), 'this is no video at all');
    const config = [
      { audiotype: 2, imgpath: 'missing' },
      { audiotype: 0, imgpath: 'ok' },
      { audiotype: 'two', imgpath: 'ok', loop: 'yes' },
      { audiotype: 3 },
      { audiotype: 4, imgpath: 'empty' },
      { audiotype: 5, imgpath: 'named' },
      { audiotype: 6, imgpath: 'ok', audiopath: 'noise.wav' },
      { audiotype: 7, video: 'noise.mp4' },
      { audiotype: 7, imgpath: 'ok', video: 'x.mp4' },
      'wave',
      { audiotype: 2, imgpath: 'ok' },
    ];
    const failure = await actionsOf({ config }).then(
      () => '',
      (error: Error) => error.message,
    );
    const lines = failure.split('\n').map((line) => line.replace(`--customvideo_config ${dir}/actions.json: `, ''));
    expect(lines.map((line) => /^entry \d+( "\w+")?/.exec(line)?.[0])).toEqual([
      'entry 0 "imgpath"',
      'entry 1 "audiotype"',
      'entry 2 "audiotype"',
      'entry 2 "loop"',
      'entry 3 "imgpath"',
      'entry 4 "imgpath"',
      'entry 5 "imgpath"',
      'entry 6 "audiopath"',
      'entry 7 "video"',
      'entry 8 "audiotype"',
      'entry 8 "video"',
      'entry 9',
      'entry 10 "audiotype"',
    ]);
    expect(lines[0]).toMatch(/missing was not found/);
    expect(lines[5]).toMatch(/empty holds no png, jpg or jpeg pictures/);
    expect(lines[6]).toMatch(/portrait\.png is not named by its number/);
    expect(lines[6]).toMatch(/00000001\.png and 1\.jpg have the same number|1\.jpg and 00000001\.png/);
    expect(lines[7]).toMatch(/noise\.wav is no video or sound/);
  });

  it.each([
    ['{"audiotype": 2}', /must be a list/],
    ['[{"audiotype": 2,]', /is not JSON/],
  ])('refuses %s', async (config, message) => {
    await expect(actionsOf({ config })).rejects.toThrow(message);
  });

  it('says that the file is missing', async () => {
    const configFile = join(root, 'nowhere.json');
    await expect(Actions.open({ actionsDir, cacheDir: root, configFile })).rejects.toThrow(/cannot be read.*ENOENT/);
  });
});

describe('performances of a session', () => {
  it('are the presenter’s, the file’s and the offer’s; the nearer goes first', async () => {
    await writeClapperVideo(join(root, 'clara', 'bow.mp4'), { pictures: 4 });
    const own = (audiotype: number) => ({
      audiotype,
      name: `own ${audiotype}`,
      videoFile: join(root, 'clara', 'bow.mp4'),
    });
    const actions = await actionsOf({
      config: [
        { audiotype: 3, imgpath: join(actionsDir, 'dance'), name: 'file 3' },
        { audiotype: 4, imgpath: join(actionsDir, 'dance'), name: 'file 4' },
      ],
    });
    const custom = JSON.stringify([{ audiotype: 4, imgpath: 'dance', name: 'offer 4' }]);
    const named = (list: Performance[]) => list.map(({ name }) => name);
    expect(named(await actions.forSession(presenter([own(2), own(3)]), custom))).toEqual([
      'own 2',
      'file 3',
      'offer 4',
    ]);
    expect(named(await actions.forSession(presenter([own(2)])))).toEqual(['own 2', 'file 3', 'file 4']);
    const gone = { ...own(2), videoFile: join(root, 'clara', 'gone.mp4') };
    await expect(actions.forSession(presenter([gone]))).rejects.toThrow(/presenter clara: performance 2.*Restore/);
  });

  it('a presenter brings its clips in its folder, named in presenter.json', async () => {
    const dir = join(root, 'presenters');
    const bow = { audiotype: 2, name: 'bow', clip: 'bow.mkv' };
    const write = (id: string, performances: unknown) =>
      writeTestPresenter(dir, { id, change: (bundle) => Object.assign(bundle, { performances }) });
    const tina = await write('tina', [bow, { audiotype: 1, name: 'rest', clip: 'bow.mkv', audio: 'hum.wav' }]);
    await writeClapperVideo(join(tina, 'bow.mkv'), { pictures: 4, flashAt: [2] });
    writeClickWav(join(tina, 'hum.wav'), { durationMs: 100 });
    await write('outside', [{ ...bow, clip: '../tina/bow.mkv' }]);
    await write('twice', [bow, { ...bow, name: 'bow again' }]);
    const library = new AvatarLibrary({ dirs: [dir] });
    const actions = await actionsOf();
    const avatar = await library.open('tina');
    const [rest, performance] = (await actions.forSession(avatar)) as [Performance, Performance];
    expect([rest, performance].map(({ audiotype, name, loop }) => [audiotype, name, loop])).toEqual([
      [1, 'rest', true],
      [2, 'bow', false],
    ]);
    expect(clicks(await all(performance))).toEqual([2 * SAMPLES_PER_PICTURE]);
    await expect(library.open('outside')).rejects.toThrow(/performances\.0\.clip: must be a plain file name/);
    await expect(library.open('twice')).rejects.toThrow(/audiotype 2 is given twice/);
    avatar.release();
    await library.close();
  });

  it('an offer may name files of the actions folder and of the config file’s, and no others', async () => {
    const outside = join(root, 'secret');
    await writeActionFolder(outside, { pictures: 1 });
    await writeActionFolder(join(root, 'config', 'nod'), { pictures: 2 });
    symlinkSync(outside, join(actionsDir, 'way-out'));
    const actions = await actionsOf({ config: [] });
    for (const imgpath of ['dance', join(actionsDir, 'dance'), 'nod', 'data/actions/dance', '../actions/dance']) {
      expect(await offer([{ audiotype: 2, imgpath }], actions), imgpath).toHaveLength(1);
    }
    for (const imgpath of [outside, '../../secret', 'secret', 'way-out', '/etc', '/no/such', 'dance/../../../secret']) {
      await expect(offer([{ audiotype: 2, imgpath }], actions), imgpath).rejects.toMatchObject({
        kind: 'malformed',
        message: expect.stringMatching(/^custom_config: entry 0 "imgpath" .*(lies outside the folder|was not found)/),
      });
    }
    // Whether something is there or not, outside, reads the same.
    const said = (imgpath: string) =>
      offer([{ audiotype: 2, imgpath }], actions).catch((error: Error) => error.message.replace(imgpath, 'X'));
    expect(await said(outside)).toBe(await said(`${outside}-not`));
    await expect(offer([{ audiotype: 2, imgpath: 'dance', audiopath: '/etc/passwd' }], actions)).rejects.toThrow(
      /"audiopath" .*lies outside/,
    );
  });
});
