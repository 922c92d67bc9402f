import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../testing/clapper';
import { mediaFacts } from '../../../../testing/media-facts';
import { createLogger } from '../log';
import { counts } from '../metrics/native';
import { Recorder } from '../outputs/recorder/recorder';
import { type LibraryOptions, RecordingLibrary } from './library';
import { newRecordingId } from './names';
import { remux } from './remux';
import { readSidecar, sidecarOfId, writeSidecar } from './sidecar';

let root: string;
let dir: string;
let libraries: RecordingLibrary[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'herald library 📼 '));
  dir = join(root, 'recordings');
  libraries = [];
});
afterEach(async () => {
  for (const library of libraries) await library.close();
  rmSync(root, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

async function library(options: Partial<LibraryOptions> = {}): Promise<RecordingLibrary> {
  const made = new RecordingLibrary({
    dir,
    minFreeBytes: 0,
    maxDurationMs: 60_000,
    log: createLogger('silent'),
    remux, // the same work in this process: what the other one is for is tested with the built server
    ...options,
  });
  libraries.push(made);
  await made.open();
  return made;
}

/** Records so many pictures; a number of pictures to cut off at says that the process dies there. */
async function record(
  into: RecordingLibrary,
  pictures: number,
  { session = 123_456, die = false, codec = 'h264' as 'h264' | 'vp8' } = {},
) {
  const clap = await Clapper.open({ codec });
  const draft = await into.begin(session, 'clara', codec === 'h264' ? 'mp4' : 'webm');
  const recorder = new Recorder(draft.part, into.limits);
  try {
    await clap.program.attach(recorder);
    await clap.play(Math.floor(pictures / 2));
    draft.note({ status: 'turn', turn: 1, kind: 'chat', text: 'Who are you?' }, recorder.durationMs);
    draft.note({ status: 'start', turn: 1, text: 'I am Clara.' }, recorder.durationMs);
    await clap.play(Math.ceil(pictures / 2));
    draft.note({ status: 'end', turn: 1, text: 'I am Clara.' }, recorder.durationMs);
    if (die) {
      await expect.poll(async () => (await readSidecar(join(dir, `${draft.name.id}.json`)))?.turns.length).toBe(1);
      const dead = readFileSync(draft.part.path);
      await recorder.close();
      await draft.discard();
      return { id: draft.name.id, dead };
    }
    await recorder.close();
    const { ordered } = await into.add(draft, session, recorder.durationMs);
    return { id: draft.name.id, ordered };
  } finally {
    await clap.close();
  }
}

describe('the library', () => {
  it('lists what was recorded, newest first and in pages, with length, size and title', async () => {
    const recordings = await library();
    expect(await recordings.list({ offset: 0, limit: 10 })).toEqual({ recordings: [], total: 0 });
    const ids: string[] = [];
    for (const session of [111_111, 222_222, 333_333]) ids.push((await record(recordings, 50, { session })).id);
    const all = await recordings.list({ offset: 0, limit: 10 });
    expect(all.total).toBe(3);
    expect(all.recordings.map((r) => r.id)).toEqual([...ids].sort().reverse());
    expect(all.recordings[0]).toMatchObject({
      presenter: 'clara',
      title: 'clara',
      durationMs: 2_000,
      type: 'video/mp4',
      recovered: false,
      subtitles: true,
    });
    expect(all.recordings[0]!.bytes).toBeGreaterThan(1_000);
    const page = await recordings.list({ offset: 1, limit: 1 });
    expect([page.total, page.recordings.map((r) => r.id)]).toEqual([3, [all.recordings[1]!.id]]);
  });

  it('keeps what was said, with its times', async () => {
    const recordings = await library();
    const { id } = await record(recordings, 50);
    expect((await recordings.get(id)).turns).toEqual([
      {
        turn: 1,
        kind: 'chat',
        text: 'Who are you?',
        sentences: [{ text: 'I am Clara.', startMs: 1_000, endMs: 2_000 }],
      },
    ]);
  });

  it.each(['h264', 'vp8'] as const)('puts the index of %s to the front without touching a packet', async (codec) => {
    const recordings = await library();
    const { id, ordered } = await record(recordings, 75, { codec });
    const before = (await recordings.file(id)).path;
    const fragments = await mediaFacts(before);
    await ordered;
    const { path } = await recordings.file(id);
    const facts = await mediaFacts(path);
    expect(path).toBe(before);
    expect(facts.video.pictures).toEqual(fragments.video.pictures);
    expect(facts.video.pictures).toHaveLength(75);
    expect(Math.abs(facts.durationS - 3)).toBeLessThan(0.04);
    // By its own word now: sound and picture begin together.
    expect(Math.abs(facts.audio.startS - facts.video.startS)).toBeLessThan(0.02);
    expect([facts.video.decodeErrors, facts.audio.decodeErrors]).toEqual([0, 0]);
    if (codec === 'h264') {
      const bytes = readFileSync(path);
      expect(bytes.indexOf('moof')).toBe(-1);
      expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    }
    expect(readdirSync(dir).sort()).toEqual([`${id}.json`, path.slice(dir.length + 1)].sort());
  });

  it('makes a thumbnail of the first picture, once', async () => {
    const recordings = await library();
    const { id } = await record(recordings, 10);
    const [a, b] = await Promise.all([recordings.thumbnail(id), recordings.thumbnail(id)]);
    expect(a.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    expect(b.equals(a)).toBe(true);
    expect(readFileSync(join(dir, `${id}.jpg`)).equals(a)).toBe(true);
  });

  it('gives titles, and keeps them while the index moves', async () => {
    let proceed = () => {};
    const held = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const recordings = await library({ remux: (job) => held.then(() => remux(job)) });
    const { id, ordered } = await record(recordings, 25);
    expect(await recordings.rename(id, 'Für Elise 🎹')).toMatchObject({ id, title: 'Für Elise 🎹' });
    proceed();
    await ordered;
    expect((await recordings.get(id)).title).toBe('Für Elise 🎹');
  });

  it('deletes for good, or into the trash where there is one', async () => {
    const plain = await library();
    const first = await record(plain, 10, { session: 1 });
    await plain.thumbnail(first.id);
    await plain.delete(first.id);
    expect(readdirSync(dir)).toEqual([]);
    const trashed: string[] = [];
    const desktop = await library({
      trash: async (file) => {
        trashed.push(file);
        rmSync(file);
      },
    });
    const second = await record(desktop, 10, { session: 2 });
    await second.ordered;
    await desktop.delete(second.id);
    expect(trashed).toEqual([join(dir, `${second.id}.mp4`), join(dir, `${second.id}.json`)]);
    await expect(desktop.get(second.id)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('deletes a recording whose index is being moved', async () => {
    const recordings = await library({
      remux: (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const { id, ordered } = await record(recordings, 10);
    await recordings.delete(id);
    await ordered;
    expect(readdirSync(dir)).toEqual([]);
  });

  it('has no recording, rather than a fault, where one is deleted while it is looked at', async () => {
    const recordings = await library();
    mkdirSync(dir, { recursive: true });
    for (let round = 0; round < 30; round++) {
      const id = newRecordingId(new Date(round * 1_000), 'clara', 123_456, 1);
      writeFileSync(join(dir, `${id}.mp4`), 'film');
      await writeSidecar(join(dir, `${id}.json`), { ...sidecarOfId(id), durationMs: 1_000 });
      const looks = [recordings.get(id), recordings.file(id), recordings.rename(id, 'other'), recordings.thumbnail(id)];
      const outcomes = await Promise.allSettled([...looks, recordings.delete(id), recordings.delete(id)]);
      for (const one of outcomes)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ kind: 'not-found' });
    }
    expect(readdirSync(dir)).toEqual([]);
  });

  it('finds nothing outside itself', async () => {
    const recordings = await library();
    const { id, ordered } = await record(recordings, 10);
    await ordered;
    writeFileSync(join(root, 'secret.mp4'), 'secret');
    const linked = newRecordingId(new Date(), 'clara', 9);
    symlinkSync(join(root, 'secret.mp4'), join(dir, `${linked}.mp4`));
    for (const bad of ['../secret', '..', '', 'x', linked, `${id}/../${id}`, `${id}.mp4`, `2026-01-01-000000-../x-1`]) {
      await expect(recordings.file(bad), bad).rejects.toMatchObject({ kind: 'not-found' });
    }
    expect((await recordings.file(id)).contentType).toBe('video/mp4');
  });

  it('tells a session its own last recording, and not one of an earlier session with its number', async () => {
    const earlier = await library();
    const old = await record(earlier, 10, { session: 777_777 });
    await old.ordered;
    const recordings = await library();
    expect(await recordings.lastOf(777_777, { live: true })).toBeUndefined();
    expect((await recordings.lastOf(777_777, { live: false }))?.path).toContain(old.id);
    const fresh = await record(recordings, 10, { session: 777_777 });
    expect((await recordings.lastOf(777_777, { live: true }))?.path).toContain(fresh.id);
    expect(fresh.id).not.toBe(old.id); // within one second, too
  });

  it('answers from the name alone where the sidecar is lost', async () => {
    const recordings = await library();
    const { id, ordered } = await record(recordings, 50);
    await ordered;
    rmSync(join(dir, `${id}.json`));
    expect(await recordings.get(id)).toMatchObject({
      sessionid: 123_456,
      presenter: 'clara',
      durationMs: 2_000,
      turns: [],
    });
  });
});

describe('beginning', () => {
  const isRoot = process.getuid?.() === 0;

  it('refuses where too little space would be left, with the setting that says so', async () => {
    const recordings = await library({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    await expect(recordings.begin(1, 'clara', 'mp4')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/MB left.*record_min_free_mb/),
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('refuses a folder that cannot be made', async () => {
    writeFileSync(dir, 'a file where the folder should be');
    const recordings = await library();
    await expect(recordings.begin(1, 'clara', 'mp4')).rejects.toMatchObject({ kind: 'refused' });
  });

  it.skipIf(isRoot)('refuses a folder that cannot be written to, and says what to do', async () => {
    mkdirSync(dir);
    chmodSync(dir, 0o500);
    const recordings = await library();
    await expect(recordings.begin(1, 'clara', 'mp4')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('change its permissions'),
    });
    chmodSync(dir, 0o700);
  });
});

describe('recovery', () => {
  it('lists at the next start what a crash left, whole up to its last half second', async () => {
    const { id, dead } = await record(await library(), 110, { die: true });
    const torn = dead!.subarray(0, dead!.length - 500); // in the middle of a fragment
    writeFileSync(join(dir, `${id}.part.mp4`), torn);
    const next = await library();
    const { recordings } = await next.list({ offset: 0, limit: 10 });
    expect(recordings).toMatchObject([{ id, recovered: true, sessionid: 123_456 }]);
    await expect.poll(async () => (await next.get(id)).durationMs, { timeout: 10_000 }).toBeGreaterThan(2_900);
    const facts = await mediaFacts((await next.file(id)).path);
    expect(facts.video.endS).toBeGreaterThan(2.9);
    expect([facts.video.decodeErrors, facts.audio.decodeErrors]).toEqual([0, 0]);
  });

  it('keeps what was said until then', async () => {
    const before = await library();
    const { id, ordered } = await record(before, 50);
    await ordered;
    const sidecar = join(dir, `${id}.json`);
    const { durationMs: _, ...about } = (await readSidecar(sidecar))!;
    copyFileSync(join(dir, `${id}.mp4`), join(dir, `${id}.part.mp4`));
    rmSync(join(dir, `${id}.mp4`));
    await writeSidecar(sidecar, { ...about, ordered: false, pid: 2 ** 22 + 1 }); // beyond any process id of Linux
    const next = await library();
    expect(await next.get(id)).toMatchObject({ recovered: true, turns: [{ sentences: [{ text: 'I am Clara.' }] }] });
  });

  it('leaves alone what another Herald is recording into the same folder', async () => {
    const { id, dead } = await record(await library(), 60, { die: true });
    writeFileSync(join(dir, `${id}.part.mp4`), dead!);
    await writeSidecar(join(dir, `${id}.json`), {
      format: 'herald-recording/1',
      sessionId: 1,
      presenter: 'clara',
      title: 'clara',
      startedAt: new Date().toISOString(),
      pid: process.ppid, // somebody who lives
      recovered: false,
      ordered: false,
      turns: [],
    });
    expect((await (await library()).list({ offset: 0, limit: 10 })).total).toBe(0);
    expect(existsSync(join(dir, `${id}.part.mp4`))).toBe(true);
  });

  it('goes on with indexes that were not moved, and forgets parts without a picture', async () => {
    const busy = await library({
      remux: (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const { id } = await record(busy, 25);
    await busy.close();
    writeFileSync(join(dir, '2026-01-01-000000-clara-1.part.mp4'), '');
    const next = await library();
    await expect
      .poll(async () => (await readSidecar(join(dir, `${id}.json`)))?.ordered, { timeout: 10_000 })
      .toBe(true);
    expect((await next.list({ offset: 0, limit: 10 })).total).toBe(1);
    expect(readdirSync(dir).sort()).toEqual([`${id}.json`, `${id}.mp4`]);
  });
});
