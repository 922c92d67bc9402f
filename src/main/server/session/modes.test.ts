import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeActionFolder, writeClapperVideo, writeClickWav } from '../../../../testing/actions';
import { RtpViewer } from '../../../../testing/viewer';
import type { SessionEvent } from '../../../shared/protocol';
import { Actions } from '../avatar/actions';
import type { Avatar } from '../avatar/avatar';
import type { AvatarLibrary } from '../avatar/library';
import { Conversation } from '../llm/history';
import { createLogger } from '../log';
import { LatencyLedger } from '../metrics/latency';
import { counts } from '../metrics/native';
import type { Mouth } from '../mouth/mouth';
import { normaliseOffer } from '../outputs/webrtc/offer';
import { Peer } from '../outputs/webrtc/peer';
import type { Tts } from '../tts/tts';
import { SessionRegistry } from './registry';
import { Session, type SessionServices } from './session';

const SIZE_PX = 64;
const RATE_HZ = 16_000;

function avatar(): Avatar {
  const pictures = [60, 62, 64, 66, 68].map((luma) => ({
    widthPx: SIZE_PX,
    heightPx: SIZE_PX,
    data: new Uint8Array((SIZE_PX * SIZE_PX * 3) / 2).fill(luma),
  }));
  return {
    id: 'grey',
    name: { en: 'Grey' },
    widthPx: SIZE_PX,
    heightPx: SIZE_PX,
    pictureCount: 5,
    stillIndex: 0,
    indexAt: (position) => position % 5,
    faceBox: () => ({ xPx: 16, yPx: 16, widthPx: 32, heightPx: 32 }),
    picture: async (index) => pictures[index]!,
    pictureNow: (index) => pictures[index],
    release: () => {},
  };
}

/** A tone of 20 ms for each character. */
const tone: Tts = {
  name: 'tone',
  async *stream(sentence, { signal }) {
    for (let i = 0; i < sentence.length && !signal.aborted; i++) {
      yield {
        samples: new Float32Array(RATE_HZ / 50).map((_, k) => 0.3 * Math.sin(k / 3)),
        sampleRateHz: RATE_HZ,
      };
    }
  },
  close: async () => {},
};

const mouthless = {
  windowStartMs: -37.5,
  ready: async () => {},
  infer: async () => undefined,
  prepare: () => {},
  close: async () => {},
} as unknown as Mouth;

const services: SessionServices = {
  tts: tone,
  chat: { problem: 'No model here', rules: [], newConversation: () => new Conversation({ historyTokens: 0 }) },
  chatOverlap: 'queue',
  latency: new LatencyLedger(),
  mouth: mouthless,
  openAudio: async () => {
    throw new Error('not used here');
  },
  log: createLogger('silent'),
  videoBitrateBps: 300_000,
};

let root: string;
let actions: Actions;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'herald-modes-'));
  const at = (...path: string[]) => join(root, 'actions', ...path);
  await writeActionFolder(at('one'), { pictures: 1, luma: () => 230 });
  await writeActionFolder(at('long'), { pictures: 3_000 });
  await writeActionFolder(at('bow'), { pictures: 25 });
  writeClickWav(at('bow.wav'), { rateHz: 44_100, channels: 2, durationMs: 1_000, clickAtMs: [200] });
  await writeClapperVideo(at('clap.mp4'), { pictures: 40, flashAt: [10] });
  actions = await Actions.open({ actionsDir: at(), cacheDir: join(root, 'cache') });
});
afterAll(async () => {
  await actions.close();
  rmSync(root, { recursive: true });
});

const CONFIG = JSON.stringify([
  { audiotype: 2, imgpath: 'bow', audiopath: 'bow.wav', name: '鞠躬' },
  { audiotype: 3, imgpath: 'one' },
  { audiotype: 4, imgpath: 'long', name: 'long dance' },
  { audiotype: 5, video: 'clap.mp4' },
  { audiotype: 6, imgpath: 'bow', loop: true, name: 'rocking' },
]);

interface Watch {
  session: Session;
  viewer: RtpViewer;
  /** What had arrived when the test began. */
  from: { frames: number; pictures: number };
}

const open: Watch[] = [];

async function watched(changes: Partial<SessionServices> = {}) {
  const { viewer, sdp } = await RtpViewer.offer('H264');
  const { peer, answer } = await Peer.negotiate(normaliseOffer(sdp), {
    iceServers: [],
    signal: new AbortController().signal,
  });
  // As the library's avatars are: what they have comes from a class and not from themselves.
  const shown: Avatar = Object.create(avatar());
  const performances = await actions.forSession(shown, CONFIG);
  const parts = { id: 123_456, avatar: shown, peer, studio: false, performances };
  const session = new Session(parts, { ...services, ...changes }, () => {});
  const events: SessionEvent[] = [];
  session.subscribe((event) => events.push(event));
  const from = { frames: 0, pictures: 0 };
  open.push({ session, viewer, from });
  await viewer.accept(answer);
  await until(() => viewer.video.packets.length > 0);
  from.frames = viewer.audio.packets.length;
  from.pictures = stamps(viewer.video).length;
  const set = (audiotype: number, reinit = false) => session.setMode(audiotype, { reinit });
  const modes = () => events.flatMap((event) => (event.status === 'mode' ? [event.audiotype] : []));
  /** So many more pictures have arrived. */
  const pictures = async (count: number) => {
    const before = stamps(viewer.video).length;
    await until(() => stamps(viewer.video).length >= before + count);
  };
  return { session, viewer, from, events, set, modes, pictures };
}

async function until(test: () => boolean, limitMs = 20_000): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited >= limitMs) throw new Error('waited in vain');
    await sleep(10);
  }
}

const stamps = ({ packets }: RtpViewer['video']) => [...new Set(packets.map(({ timestamp }) => timestamp))];
const steps = (of: number[]) => [...new Set(of.slice(1).map((at, i) => (at - of[i]!) >>> 0))];

/** 100 ms: what a viewer sees as a stall. */
const STALL_TICKS = 9_000;
/** In the encoder and on the way while their sound has arrived, or the other way round. */
const PICTURES_UNDER_WAY = 6;

/**
 * One frame of sound each 20 ms and one picture each 40 ms, all of them, by their own times and numbers, and as many of the one
 * as of the other. The one excuse is a machine too busy to encode: such a picture is counted where it is dropped.
 */
function expectNoStall({ viewer, session, from }: Watch): void {
  expect(steps(viewer.audio.packets.map(({ timestamp }) => timestamp))).toEqual([960]);
  const { droppedPictures = 0, skippedSamples } = session.figures();
  const at = stamps(viewer.video);
  const gaps = at.slice(1).map((stamp, i) => (stamp - at[i]!) >>> 0);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.max(STALL_TICKS, (droppedPictures + 1) * 3_600));
  const missing = gaps.reduce((sum, gap) => sum + gap / 3_600 - 1, 0);
  expect(Number.isInteger(missing)).toBe(true);
  expect(missing).toBeLessThanOrEqual(droppedPictures);
  expect(skippedSamples).toBe(0);
  const heard = (viewer.audio.packets.length - from.frames) / 2;
  expect(Math.abs(heard - (at.length - from.pictures + missing))).toBeLessThanOrEqual(PICTURES_UNDER_WAY);
  for (const { packets } of [viewer.video, viewer.audio]) {
    const first = packets[0]!.sequenceNumber;
    expect(packets.map((packet) => (packet.sequenceNumber - first) & 0xffff)).toEqual(packets.map((_, i) => i));
  }
}

afterEach(async () => {
  for (const { session, viewer } of open.splice(0)) {
    await session.close('test over');
    await viewer.close();
  }
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

describe('set_audiotype, at the viewer', () => {
  it('0/1/2/2/2/0 in quick order: no stall, and one event for each change', async () => {
    const watch = await watched();
    for (const audiotype of [0, 1, 2, 2, 2, 0]) watch.set(audiotype);
    await watch.pictures(20);
    for (const audiotype of [0, 1, 2, 2, 2, 0]) {
      watch.set(audiotype);
      await watch.pictures(2);
    }
    for (let i = 0; i < 5; i++) watch.set(2, true);
    await watch.pictures(20);
    watch.set(0);
    await watch.pictures(10);
    expectNoStall(watch);
    expect(watch.modes()).toEqual([1, 2, 0, 1, 2, 0, 2, 2, 2, 2, 2, 0]);
  });

  it.each(['speech', 'a performance'])('0/1/2/2/2/0 in quick order during %s: no stall', async (during) => {
    const watch = await watched();
    if (during === 'speech')
      watch.session.say('a sentence that goes on for two seconds and a little bit, all in all, so', {
        interrupt: false,
      });
    else watch.set(4);
    const on = during === 'speech' ? 'speaking' : 'acting';
    await until(() => watch.session.summary.state === on);
    await watch.pictures(3);
    for (const audiotype of [0, 1, 2, 2, 2, 0]) watch.set(audiotype);
    for (const audiotype of [0, 1, 2, 2, 2, 0]) {
      watch.set(audiotype);
      await watch.pictures(2);
    }
    await until(() => watch.session.summary.state === 'idle');
    await watch.pictures(5);
    const set = [1, 2, 0, 1, 2, 0];
    expect(watch.modes()).toEqual(during === 'speech' ? set : [4, 0, ...set]);
    expectNoStall(watch);
  });

  it('a performance is acting, not speaking, and ends in 1', async () => {
    const watch = await watched();
    watch.set(2);
    await until(() => watch.session.summary.state === 'acting');
    expect(watch.session.isSpeaking).toBe(false);
    expect(watch.session.summary.audiotype).toBe(2);
    await until(() => watch.modes().length === 2);
    expect(watch.modes()).toEqual([2, 1]);
    expect(watch.session.summary).toMatchObject({ state: 'idle', audiotype: 1 });
    await watch.pictures(5);
    expectNoStall(watch);
    expect(watch.session.figures()).toMatchObject({ actMisses: 0 });
  });

  it.each([
    [3, 'of one picture'],
    [5, 'from a video file'],
  ])('%i, %s, does not stall', async (audiotype) => {
    const watch = await watched();
    watch.set(audiotype);
    await until(() => watch.modes().length === 2);
    await watch.pictures(5);
    expectNoStall(watch);
  });

  it('of 3,000 pictures is left at any moment', async () => {
    const watch = await watched();
    watch.set(4);
    await watch.pictures(30);
    watch.set(5);
    await watch.pictures(10);
    watch.set(4);
    await watch.pictures(10);
    watch.set(1);
    await watch.pictures(5);
    expectNoStall(watch);
    expect(watch.modes()).toEqual([4, 5, 4, 1]);
  });

  it('queue: what is said during a performance is said after it, and one set during speech waits for its end', async () => {
    const watch = await watched();
    watch.set(2);
    await until(() => watch.session.summary.state === 'acting');
    watch.session.say('after it', { interrupt: false });
    expect(watch.session.isSpeaking).toBe(true);
    await until(() => watch.events.some(({ status }) => status === 'start'));
    watch.set(5);
    await until(() => watch.modes().length === 4);
    await watch.pictures(5);
    const order = watch.events
      .filter(({ status }) => ['mode', 'start', 'end'].includes(status))
      .map((event) => (event.status === 'mode' ? event.audiotype : event.status));
    expect(order).toEqual([2, 1, 'start', 5, 'end', 1]);
    expectNoStall(watch);
  });

  it('cut: speech ends the performance, and a performance ends speech', async () => {
    const watch = await watched({ performanceOverlap: 'cut' });
    watch.set(4);
    await until(() => watch.session.summary.state === 'acting');
    watch.session.say('a sentence that is long enough to be cut off by the next performance', { interrupt: false });
    await until(() => watch.events.some(({ status }) => status === 'start'));
    expect(watch.modes()).toEqual([4, 1]);
    await watch.pictures(5);
    watch.set(2);
    expect(watch.session.isSpeaking).toBe(false);
    await until(() => watch.modes().length === 4);
    expect(watch.events.filter(({ status }) => status === 'interrupted')).toHaveLength(1);
    expectNoStall(watch);
  });

  it('an interrupt ends a performance, a loop too', async () => {
    const watch = await watched();
    for (const audiotype of [2, 6]) {
      watch.set(audiotype);
      await until(() => watch.session.summary.state === 'acting');
      await watch.pictures(3);
      watch.session.interrupt();
      expect(watch.session.summary).toMatchObject({ audiotype: 1, state: 'idle' });
    }
    await watch.pictures(5);
    expect(watch.modes()).toEqual([2, 1, 6, 1]);
    expectNoStall(watch);
  });

  it('a loop goes round, lets speech in between two rounds, and stays the mode', async () => {
    const watch = await watched();
    watch.set(6);
    await watch.pictures(35); // 25 are a round
    expect(watch.session.summary).toMatchObject({ state: 'acting', audiotype: 6 });
    watch.session.say('hello', { interrupt: false });
    await until(() => watch.events.some(({ status }) => status === 'end'));
    await until(() => watch.session.summary.state === 'acting');
    expect(watch.modes()).toEqual([6]);
    expectNoStall(watch);
  });

  it('an unknown one is refused with the names of the known, and changes nothing', async () => {
    const watch = await watched();
    watch.set(2);
    expect(() => watch.set(9)).toThrow(
      'audiotype 9 is not known to this presenter; known: 0 (live), 1 (still), 2 (鞠躬), 3 (one), 4 (long dance), 5 (clap), 6 (rocking)',
    );
    expect(watch.session.summary.audiotype).toBe(2);
    expect(watch.session.performances()).toContainEqual({
      audiotype: 6,
      name: 'rocking',
      durationMs: 1_000,
      loop: true,
    });
    await watch.pictures(10);
    expect(watch.modes()).toEqual([2]);
    expectNoStall(watch);
  });

  it('a performance whose files have gone is told, and the stream goes on', async () => {
    const watch = await watched();
    rmSync(join(root, 'actions', 'clap.mp4'));
    watch.set(5);
    await until(() => watch.modes().length === 2);
    expect(watch.events.find(({ status }) => status === 'error')).toMatchObject({
      part: 'performance',
      message: expect.stringMatching(/^performance 5 \(clap\) .*Mend its files/),
    });
    await watch.pictures(3);
    expectNoStall(watch);
    await writeClapperVideo(join(root, 'actions', 'clap.mp4'), { pictures: 40, flashAt: [10] });
  });
});

describe('custom_config of an offer', () => {
  it('reaches its session, and only that one; one that cannot be used is refused before it takes a place', async () => {
    let released = 0;
    const avatars = { open: async () => ({ ...avatar(), release: () => released++ }) } as unknown as AvatarLibrary;
    const registry = new SessionRegistry(
      { maxSessions: 2, defaultAvatar: 'grey', iceServers: [] },
      services,
      avatars,
      actions,
    );
    const viewers: RtpViewer[] = [];
    const offer = async (customConfig?: string) => {
      const { viewer, sdp } = await RtpViewer.offer();
      viewers.push(viewer);
      const { signal } = new AbortController();
      const { sessionId } = await registry.offer({ sdp, studio: false, signal, ...(customConfig && { customConfig }) });
      return registry.get(sessionId) as Session;
    };
    try {
      const custom = await offer(JSON.stringify([{ audiotype: 9, imgpath: 'bow', name: 'bow' }]));
      const plain = await offer();
      expect(custom.performances()).toEqual([{ audiotype: 9, name: 'bow', durationMs: 1_000 }]);
      expect(plain.performances()).toEqual([]);
      custom.setMode(9, { reinit: false }); // nobody watches yet: it begins when somebody does
      expect(custom.summary.audiotype).toBe(9);
      expect(() => plain.setMode(9, { reinit: false })).toThrow(/not known/);
      await plain.close('over');
      await expect(offer('[{"audiotype": 2, "imgpath": "/etc"}]')).rejects.toMatchObject({
        kind: 'malformed',
        message: expect.stringMatching(/^custom_config: entry 0 "imgpath" \/etc lies outside/),
      });
      expect(registry.list()).toHaveLength(1);
      expect(released).toBe(2);
    } finally {
      await registry.closeAll();
      for (const viewer of viewers) await viewer.close();
    }
  });
});
