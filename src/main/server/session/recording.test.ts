import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../testing/clapper';
import { mediaFacts } from '../../../../testing/media-facts';
import type { SessionEvent } from '../../../shared/protocol';
import { createLogger } from '../log';
import { counts } from '../metrics/native';
import { type LibraryOptions, RecordingLibrary } from '../recordings/library';
import { remux } from '../recordings/remux';
import { SessionRecording } from './recording';

let dir: string;
let clap: Clapper;
let library: RecordingLibrary;
let events: SessionEvent[];
let faults: string[];
let recording: SessionRecording;

async function make(options: Partial<LibraryOptions> = {}, firstPictureMs?: number): Promise<void> {
  const log = createLogger('silent');
  library = new RecordingLibrary({ dir, minFreeBytes: 0, maxDurationMs: 60_000, log, remux, ...options });
  recording = new SessionRecording({
    sessionId: 123_456,
    presenter: 'clara',
    library,
    log,
    emit: (event) => events.push(event),
    fail: (error) => faults.push(error.message),
    ...(firstPictureMs !== undefined && { firstPictureMs }),
  });
}

/** Starting waits for a picture, so pictures must come meanwhile. */
async function start(): Promise<void> {
  let over = false;
  const started = recording.start().finally(() => {
    over = true;
  });
  started.catch(() => {});
  for (let i = 0; !over && i < 1_000; i++) await clap.play(1);
  await started;
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald session '));
  events = [];
  faults = [];
  clap = await Clapper.open();
  await make();
});
afterEach(async () => {
  await recording.close();
  await clap.close();
  await library.close();
  rmSync(dir, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

const states = () =>
  events
    .map((event) => (event.status === 'record' ? event.state : event.status))
    .filter((state) => state !== 'running');

describe('the recordings of a session', () => {
  it('begin, end with a playable file, and begin again into another one', async () => {
    recording.setProgram(clap.program);
    const files: string[] = [];
    for (let i = 0; i < 2; i++) {
      await start();
      await clap.play(50);
      files.push(await recording.end());
      expect((await mediaFacts(join(dir, files[i]!))).video.pictures.length).toBeGreaterThanOrEqual(50);
    }
    expect(new Set(files).size).toBe(2);
    expect(states()).toEqual(['started', 'finished', 'started', 'finished']);
    expect(events[1]).toMatchObject({ file: files[0], durationMs: expect.any(Number) });
  });

  it('tell once a second how long and how large they are', async () => {
    recording.setProgram(clap.program);
    await start();
    await clap.play(80); // 3.2 s
    const file = await recording.end();
    const told = events.flatMap((event) => (event.status === 'record' && event.state === 'running' ? [event] : []));
    expect(told.length).toBeGreaterThanOrEqual(3);
    for (const [i, { durationMs, bytes, file: of }] of told.entries()) {
      expect(of).toBe(file);
      if (i > 0) expect(durationMs! - told[i - 1]!.durationMs!).toBe(1_000);
      expect(bytes).toBeGreaterThanOrEqual(told[i - 1]?.bytes ?? 0);
    }
    const finished = events.at(-1);
    expect(finished).toMatchObject({ state: 'finished', durationMs: expect.any(Number), bytes: expect.any(Number) });
    expect((finished as { bytes: number }).bytes).toBeGreaterThan(told[0]!.bytes!);
  });

  it('are refused twice, and an end without a beginning, each in words', async () => {
    recording.setProgram(clap.program);
    await expect(recording.end()).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/start_record/),
    });
    await start();
    await expect(recording.start()).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/end_record/),
    });
    await clap.play(5);
    const [a, b] = await Promise.all([recording.end(), recording.end()]); // a double click
    expect(a).toBe(b);
    expect(states()).toEqual(['started', 'finished']);
  });

  it('wait for a session that is still connecting', async () => {
    const started = recording.start();
    await expect(recording.start()).rejects.toMatchObject({
      message: expect.stringContaining('already being started'),
    });
    recording.setProgram(clap.program);
    let over = false;
    void started.then(() => {
      over = true;
    });
    for (let i = 0; !over && i < 1_000; i++) await clap.play(1);
    await started;
    expect(await recording.end()).toMatch(/-clara-123456\.mp4$/);
  });

  it.each([false, true])(
    'say so when no picture comes (encoders open: %s), and leave nothing behind',
    async (opened) => {
      await make({}, 100);
      if (opened) recording.setProgram(clap.program);
      await expect(recording.start()).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('no picture yet'),
      });
      expect(readdirSync(dir)).toEqual([]);
      await expect(recording.end()).rejects.toMatchObject({ kind: 'refused' });
      expect(events).toEqual([]);
    },
  );

  it('can be ended, or the session closed, while they wait for their first picture', async () => {
    for (const stop of [() => recording.end().catch(() => {}), () => recording.close()]) {
      const started = recording.start();
      started.catch(() => {});
      await stop();
      await expect(started).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('first picture'),
      });
    }
    expect(readdirSync(dir)).toEqual([]);
  });

  it('are refused by a disk without space', async () => {
    await make({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    recording.setProgram(clap.program);
    await expect(recording.start()).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/MB left/),
    });
  });

  it('end with the session, and keep what was said, cut off where it was', async () => {
    recording.setProgram(clap.program);
    await start();
    recording.note({ status: 'turn', turn: 4, kind: 'echo', text: 'One. Two.' });
    recording.note({ status: 'start', turn: 4, text: 'One.' });
    await clap.play(25);
    recording.note({ status: 'end', turn: 4, text: 'One.' });
    recording.note({ status: 'start', turn: 4, text: 'Two.' });
    await clap.play(25);
    await recording.close();
    const { recordings } = await library.list({ offset: 0, limit: 1 });
    const { turns, durationMs } = await library.get(recordings[0]!.id);
    const [one, two] = turns[0]!.sentences;
    expect(turns).toMatchObject([{ turn: 4, kind: 'echo', text: 'One. Two.' }]);
    expect([one!.text, one!.endMs - one!.startMs]).toEqual(['One.', 1_000]);
    expect([two!.text, two!.startMs, two!.endMs]).toEqual(['Two.', one!.endMs, durationMs]);
  });

  it('end by themselves at the longest, with an event, and the next end is told why', async () => {
    await make({ maxDurationMs: 1_000 });
    recording.setProgram(clap.program);
    await start();
    await clap.play(40);
    await expect.poll(states, { timeout: 10_000 }).toEqual(['started', 'finished']);
    expect(events[1]).toMatchObject({ durationMs: 1_000, reason: expect.stringContaining('record_max_minutes') });
    expect(faults).toEqual([]);
    await expect(recording.end()).rejects.toMatchObject({ message: expect.stringContaining('record_max_minutes') });
  });

  it('fail as an event when their folder is removed; the program goes on and what was recorded is kept', async () => {
    recording.setProgram(clap.program);
    await start();
    await clap.play(40);
    rmSync(dir, { recursive: true });
    for (let i = 0; faults.length === 0 && i < 200; i++) await clap.play(1);
    await expect.poll(states, { timeout: 10_000 }).toEqual(['started', 'finished']);
    expect(faults).toEqual([expect.stringContaining('was removed')]);
    await clap.play(10);
    const { recordings } = await library.list({ offset: 0, limit: 1 });
    expect((await mediaFacts((await library.file(recordings[0]!.id)).path)).video.endS).toBeGreaterThan(1);
  });
});
