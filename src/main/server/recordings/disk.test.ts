import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../testing/clapper';
import { mediaFacts } from '../../../../testing/media-facts';
import type { SessionEvent } from '../../../shared/protocol';
import { createLogger } from '../log';
import { counts } from '../metrics/native';
import { SessionRecording } from '../session/recording';
import { RecordingLibrary } from './library';
import { remux } from './remux';

/** A disk of its own: only who may mount one can fill it without filling the machine's. */
const mounts: string[] = [];

function mountSmallDisk(): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'herald disk '));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', dir], { stdio: 'ignore' });
    mounts.push(dir);
    return dir;
  } catch {
    rmSync(dir, { recursive: true });
    return undefined;
  }
}

const dir = process.platform === 'linux' ? mountSmallDisk() : undefined;
if (!dir) console.warn('no disk can be mounted here: recording onto a full and a read-only one is not tested');
afterAll(() => {
  for (const mount of mounts) {
    execFileSync('umount', ['-l', mount]);
    rmSync(mount, { recursive: true });
  }
});

describe.skipIf(!dir)('recording onto a disk that', () => {
  let clap: Clapper;
  let library: RecordingLibrary;
  let recording: SessionRecording;
  let events: SessionEvent[];
  let faults: string[];
  beforeEach(async () => {
    const log = createLogger('silent');
    events = [];
    faults = [];
    library = new RecordingLibrary({ dir: dir!, minFreeBytes: 0, maxDurationMs: 600_000, log, remux });
    recording = new SessionRecording({
      sessionId: 5,
      presenter: 'clara',
      library,
      log,
      emit: (event) => events.push(event),
      fail: (error) => faults.push(error.message),
    });
    clap = await Clapper.open();
    recording.setProgram(clap.program);
  });
  afterEach(async () => {
    await recording.close();
    await clap.close();
    await library.close();
    expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
  });

  const start = async () => {
    const started = recording.start();
    started.catch(() => {});
    let over = false;
    started.then(
      () => (over = true),
      () => (over = true),
    );
    for (let i = 0; !over && i < 1_000; i++) await clap.play(1);
    await started;
  };

  it('is full: the program goes on, the fault is told once, and what was written plays', async () => {
    await start();
    await clap.play(75);
    const { bavail, bsize } = statfsSync(dir!);
    writeFileSync(join(dir!, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - 20_000)));
    for (let i = 0; faults.length === 0 && i < 3_000; i++) await clap.play(1);
    await clap.play(10);
    const turns = () => events.filter((event) => !(event.status === 'record' && event.state === 'running')); // those are told once a second in between
    await expect.poll(() => turns().length, { timeout: 10_000 }).toBe(2);
    expect(faults).toEqual([expect.stringContaining('the disk is full')]);
    expect(turns()).toMatchObject([
      { state: 'started' },
      { state: 'finished', reason: expect.stringContaining('full') },
    ]);
    const { recordings } = await library.list({ offset: 0, limit: 1 });
    const { video, audio } = await mediaFacts((await library.file(recordings[0]!.id)).path);
    expect(video.endS).toBeGreaterThan(2.5);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
    rmSync(join(dir!, 'ballast'));
  });

  it('cannot be written to: it says so and what to do', async () => {
    execFileSync('mount', ['-o', 'remount,ro', dir!]);
    try {
      await expect(start()).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/cannot be written to: change its permissions/),
      });
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', dir!]);
    }
  });
});
