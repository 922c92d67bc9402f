import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ProgramSource } from '../../../../../testing/program-source';
import { RtpViewer } from '../../../../../testing/viewer';
import type { VisemesEvent } from '../../../../shared/viseme-protocol';
import { FakeSession } from '../../http/fake-sessions';
import { createLogger } from '../../log';
import { counts } from '../../metrics/native';
import { AttachedOutputs } from '../../session/attached';
import type { Output } from '../output';
import { WhepViewers } from './viewers';

/** A session of which only the program is real. */
class ProgramSession extends FakeSession {
  readonly attached = new AttachedOutputs(200);

  constructor(
    id: number,
    readonly source?: ProgramSource,
  ) {
    super(id);
    if (source) this.attached.setProgram(source.program);
  }

  override attach(output: Output): Promise<() => Promise<void>> {
    return this.attached.attach(output);
  }

  override requestKeyframe(): void {
    this.source?.program.requestKeyframe();
  }
}

const ID = 123_456;
const SPS = 7;
const LIMITS = { viewersPerSession: 3, connectWithinMs: 10_000, silenceMs: 8_000 };
const signal = new AbortController().signal;
const opened: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

async function house(limits: Partial<typeof LIMITS> = {}) {
  const source = await ProgramSource.open('h264');
  const session = new ProgramSession(ID, source);
  const viewers = new WhepViewers([], createLogger('silent'), { ...LIMITS, ...limits });
  opened.push(source, session.attached, viewers);
  return { session, viewers };
}

async function offer() {
  const { viewer, sdp } = await RtpViewer.offer();
  opened.push(viewer);
  return { viewer, sdp };
}

async function watch(viewers: WhepViewers, session: ProgramSession) {
  const { viewer, sdp } = await offer();
  const { viewerId, answer } = await viewers.join(session, sdp, signal);
  await viewer.accept(answer);
  return { viewer, viewerId };
}

async function until(test: () => boolean, limitMs = 10_000): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited >= limitMs) throw new Error('waited in vain');
    await sleep(10);
  }
}

const nalType = ({ payload }: { payload: Buffer }) => payload[0]! & 0x1f;

describe('WhepViewers', () => {
  it('sends every viewer the same program, from one encoder, beginning with a keyframe', async () => {
    const { session, viewers } = await house();
    const all = [await watch(viewers, session), await watch(viewers, session)];
    await until(() => all.every(({ viewer }) => viewer.video.packets.length > 10 && viewer.audio.packets.length > 10));
    for (const { viewer } of all) expect(nalType(viewer.video.packets[0]!)).toBe(SPS);
    expect(counts()).toMatchObject({ 'video-encoder': 1, 'opus-encoder': 1, peer: 2 });
    expect(viewers.count(ID)).toBe(2);
  });

  it('goes on for the others when one leaves', async () => {
    const { session, viewers } = await house();
    const first = await watch(viewers, session);
    const second = await watch(viewers, session);
    await until(() => second.viewer.video.packets.length > 0);
    expect(await viewers.leave(654_321, first.viewerId)).toBe(false);
    expect(await viewers.leave(ID, first.viewerId)).toBe(true);
    expect(await viewers.leave(ID, first.viewerId)).toBe(false);
    const seen = second.viewer.video.packets.length;
    await until(() => second.viewer.video.packets.length > seen + 5);
    expect(counts().peer).toBe(1);
  });

  it('tells each viewer the visemes with the timestamps of what it is sent, on a channel or to be fetched', async () => {
    const { session, viewers } = await house();
    const { viewer, sdp } = await RtpViewer.offer('H264', { dataChannel: 'visemes' });
    opened.push(viewer);
    const { viewerId, answer } = await viewers.join(session, sdp, signal);
    await viewer.accept(answer);
    const silent = await watch(viewers, session);
    const heard: VisemesEvent[] = [];
    viewer.channel!.onMessage.subscribe((data) => void heard.push(JSON.parse(String(data)) as VisemesEvent));
    await until(() => viewer.channel!.readyState === 'open' && session.visemeListeners.size > 0);
    await until(() => viewer.audio.packets.length > 5 && silent.viewer.audio.packets.length > 5);
    expect(session.visemeListeners.size).toBe(1);
    const picture = { ptsSamples: 96_000, rtp: { audio: 1, video: 1 }, visemes: { aa: 1 }, shapes: {} };
    for (const listener of session.visemeListeners) listener(picture);
    await until(() => heard.length > 0);
    const told = heard[0]!.pictures[0]!;
    expect(told).toEqual({ ...picture, rtp: { audio: expect.any(Number), video: expect.any(Number) } });
    const apart = (a: number, b: number, step: number) => Math.abs((a - b) | 0) % step;
    const [sound] = viewer.audio.packets;
    const [shown] = viewer.video.packets;
    expect(apart(told.rtp!.audio!, sound!.timestamp, 960)).toBe(0);
    expect(apart(told.rtp!.video!, shown!.timestamp, 3_600)).toBe(0);
    expect(viewers.timed(ID, viewerId)!(picture)).toEqual(told);
    const other = viewers.timed(ID, silent.viewerId)!(picture);
    expect(other.rtp).not.toEqual(told.rtp);
    expect(apart(other.rtp!.audio!, silent.viewer.audio.packets[0]!.timestamp, 960)).toBe(0);
    expect(viewers.timed(654_321, viewerId)).toBeUndefined();
    await viewers.leave(ID, viewerId);
    expect(session.visemeListeners.size).toBe(0);
  });

  it('closes its viewers with their session', async () => {
    const { session, viewers } = await house();
    const { viewer } = await watch(viewers, session);
    await until(() => viewer.video.packets.length > 0);
    await session.attached.close();
    expect(viewers.count(ID)).toBe(0);
    expect(counts().peer).toBe(0);
  });

  it('takes so many at most, the ones being answered included', async () => {
    const { session, viewers } = await house();
    const offers = await Promise.all([offer(), offer(), offer(), offer()]);
    const joined = await Promise.allSettled(offers.map(({ sdp }) => viewers.join(session, sdp, signal)));
    expect(joined.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(String((joined[3] as PromiseRejectedResult).reason)).toMatch(/3 viewers.*push it to an SFU or CDN/);
    expect(viewers.count(ID)).toBe(3);
  });

  it('lets go of those who never connect, and of those who fall silent', async () => {
    const { session, viewers } = await house({ connectWithinMs: 50 });
    await viewers.join(session, (await offer()).sdp, signal);
    await until(() => viewers.count(ID) === 0);

    const hasty = await house({ silenceMs: -1 });
    const { viewer } = await watch(hasty.viewers, hasty.session);
    await until(() => viewer.video.packets.length > 0);
    await until(() => hasty.viewers.count(ID) === 0);
  });

  it('says so where there is no picture yet, and leaves nothing behind', async () => {
    const viewers = new WhepViewers([], createLogger('silent'), LIMITS);
    const session = new ProgramSession(ID);
    opened.push(viewers, session.attached);
    const { sdp } = await offer();
    await expect(viewers.join(session, sdp, signal)).rejects.toMatchObject({ kind: 'limit', retryAfterS: 2 });
    await expect(viewers.join(session, sdp, AbortSignal.abort())).rejects.toThrow();
    expect(counts().peer).toBe(0);
  });

  it('makes few keyframes however many viewers ask, and however often', async () => {
    const { session, viewers } = await house();
    const all = await Promise.all([1, 2, 3].map(() => watch(viewers, session)));
    await until(() => all.every(({ viewer }) => viewer.video.packets.length > 0));
    const { video } = all[0]!.viewer;
    const begin = video.packets.length;
    for (let i = 0; i < 44; i++) {
      await Promise.all(all.map(({ viewer }) => viewer.requestKeyframe(i % 2 === 0 ? 'pli' : 'fir')));
      await sleep(50);
    }
    const packets = video.packets.slice(begin);
    const keyframes = packets.filter((packet) => nalType(packet) === SPS).map(({ timestamp }) => timestamp);
    expect(keyframes.length).toBeGreaterThan(2);
    // Any three of them span a second: 90,000 ticks.
    const spans = keyframes.slice(2).map((timestamp, i) => (timestamp - keyframes[i]!) >>> 0);
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(90_000);
  });
});
