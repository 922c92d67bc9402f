import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AV_CODEC_ID_AAC, AV_CODEC_ID_H264 } from 'node-av/constants';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { greyAvatar } from '../../../../testing/grey-avatar';
import { mediaFacts } from '../../../../testing/media-facts';
import type { SessionEvent } from '../../../shared/protocol';
import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME } from '../../../shared/units';
import type { AvatarLibrary } from '../avatar/library';
import { createLogger } from '../log';
import { counts } from '../metrics/native';
import { RecordingLibrary } from '../recordings/library';
import { remux } from '../recordings/remux';
import { SessionRegistry } from './registry';
import type { SessionServices } from './session';

/** Half a second of a tone, whatever is said. */
const tone = {
  name: 'tone',
  async *stream() {
    for (let i = 0; i < 25; i++) {
      const samples = new Float32Array(SAMPLES_PER_FRAME).map((_, k) => 0.5 * Math.sin(k * 0.0628));
      yield { samples, sampleRateHz: SAMPLE_RATE_HZ };
    }
  },
  close: async () => {},
};

let dir: string;
let recordings: RecordingLibrary;
let registry: SessionRegistry;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald unwatched '));
  const log = createLogger('silent');
  recordings = new RecordingLibrary({ dir, minFreeBytes: 0, maxDurationMs: 60_000, log, remux });
  const services = {
    chat: { rules: [], newConversation: () => ({}) },
    tts: tone,
    mouth: {
      windowStartMs: 0,
      status: () => ({}),
      ready: async () => {},
      infer: async () => undefined,
      prepare: () => {},
    },
    latency: { add: () => {} },
    log,
    videoBitrateBps: 300_000,
    recordings,
  } as unknown as SessionServices;
  const avatars = { open: async () => greyAvatar } as unknown as AvatarLibrary;
  registry = new SessionRegistry({ maxSessions: 1, defaultAvatar: 'grey', iceServers: [] }, services, avatars);
});
afterEach(async () => {
  await registry.closeAll();
  await recordings.close();
  rmSync(dir, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

it('a session that nobody watches is recorded whole: pictures, and what it says', async () => {
  const id = await registry.open({ record: true, signal: new AbortController().signal });
  const session = registry.get(id)!;
  const events: SessionEvent[] = [];
  session.subscribe((event) => events.push(event));
  session.say('hello', { interrupt: false });
  for (let i = 0; i < 1_000 && !events.some(({ status }) => status === 'end'); i++) await sleep(10);
  const { video, audio } = await mediaFacts(join(dir, await session.endRecording()));
  expect([video.codecId, audio.codecId]).toEqual([AV_CODEC_ID_H264, AV_CODEC_ID_AAC]);
  expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
  expect(video.keyframeTimes[0]).toBe(0);
  const pictures = video.pictures.length;
  expect(pictures).toBeGreaterThan(12);
  // A busy machine may have left a picture out; the next one keeps its time.
  const steps = video.times.slice(1).map((atS, i) => Math.round((atS - video.times[i]!) * 1_000));
  expect(steps.filter((ms) => ms <= 0 || ms % 40 !== 0)).toEqual([]);
  expect(Math.abs(audio.endS - video.endS)).toBeLessThan(0.2);
  const loudS =
    audio.blocks.filter(({ samples }) => samples.some((one) => Math.abs(one) > 0.3)).length * (1_024 / 48_000);
  expect(loudS).toBeGreaterThan(0.4);
  expect(loudS).toBeLessThan(0.7);
});
