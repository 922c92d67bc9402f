import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { greyAvatar } from '../../../../testing/grey-avatar';
import { RtpViewer } from '../../../../testing/viewer';
import type { AvatarLibrary } from '../avatar/library';
import { HeraldError } from '../errors';
import { createLogger } from '../log';
import { counts } from '../metrics/native';
import type { MediaFormat, Output } from '../outputs/output';
import { SessionRegistry } from './registry';
import type { SessionServices } from './session';

const avatars = {
  open: async (id: string) => {
    if (id !== greyAvatar.id) throw new HeraldError('malformed', `avatar ${id} not found; available: ${greyAvatar.id}`);
    return greyAvatar;
  },
} as unknown as AvatarLibrary;

const services = {
  chat: { rules: [], newConversation: () => ({}) },
  tts: { name: 'none', stream: async function* () {}, close: async () => {} },
  mouth: {
    windowStartMs: 0,
    status: () => ({}),
    ready: async () => {},
    infer: async () => undefined,
    prepare: () => {},
    close: async () => {},
  },
  openAudio: async () => {
    throw new Error('not used here');
  },
  log: createLogger('silent'),
  videoBitrateBps: 300_000,
} as unknown as SessionServices;

const viewers: RtpViewer[] = [];
let registry: SessionRegistry;

const { signal } = new AbortController();
const taker: Output = { kind: 'whep', start: async () => {}, video() {}, audio() {}, close: async () => {} };

function open(maxSessions = 1, unusedMs?: number): SessionRegistry {
  const options = { maxSessions, defaultAvatar: 'grey', iceServers: [], ...(unusedMs && { unusedMs }) };
  registry = new SessionRegistry(options, services, avatars);
  return registry;
}

async function offer(options: { studio?: boolean; avatar?: string; accept?: boolean; signal?: AbortSignal } = {}) {
  const { viewer, sdp } = await RtpViewer.offer();
  viewers.push(viewer);
  const { studio = false, avatar, signal = new AbortController().signal } = options;
  const answer = await registry.offer({ sdp, studio, avatar, signal });
  if (options.accept !== false) {
    await viewer.accept(answer.sdp);
    for (let i = 0; i < 500 && viewer.video.packets.length === 0; i++) await sleep(10);
  }
  return { viewer, ...answer };
}

afterEach(async () => {
  await registry.closeAll();
  await Promise.all(viewers.splice(0).map((viewer) => viewer.close()));
  expect(Object.values(counts()).filter((alive) => alive !== 0)).toEqual([]);
});

describe('SessionRegistry', () => {
  it('gives ids of six digits and refuses what is over the limit, after a wait, with when to try again', async () => {
    open(1);
    const { sessionId } = await offer();
    expect(String(sessionId)).toMatch(/^\d{6}$/);
    await expect(offer()).rejects.toMatchObject({
      kind: 'limit',
      message: 'max session reached (1/1)',
      retryAfterS: 2,
    });
    expect(registry.list()).toHaveLength(1);
  });

  it('does not count studio sessions', async () => {
    open(1);
    await offer({ studio: true });
    await offer();
    expect(
      registry
        .list()
        .map((s) => s.studio)
        .sort(),
    ).toEqual([false, true]);
  });

  it('gives the place to the next as soon as a session closes', async () => {
    open(1);
    const { sessionId } = await offer();
    setTimeout(() => void registry.close(sessionId, 'by request'), 500);
    const next = await offer();
    expect(next.sessionId).not.toBe(sessionId);
    expect(registry.get(sessionId)).toBeUndefined();
  });

  it('lets a refreshed page back in: a session whose viewer fell silent is displaced', async () => {
    open(1);
    const { viewer, sessionId } = await offer();
    await viewer.close();
    const next = await offer();
    expect(registry.list().map((s) => s.sessionid)).toEqual([next.sessionId]);
    expect(next.sessionId).not.toBe(sessionId);
  });

  it('reaps a viewer that is gone within 10 s', async () => {
    open(1);
    const { viewer } = await offer();
    await viewer.close();
    for (let i = 0; i < 100 && registry.list().length > 0; i++) await sleep(100);
    expect(registry.list()).toEqual([]);
  });

  it('takes back the place of an answer that nobody connects to', async () => {
    open(1);
    await offer({ accept: false });
    expect(registry.list()[0]?.state).toBe('connecting');
    for (let i = 0; i < 120 && registry.list().length > 0; i++) await sleep(100);
    expect(registry.list()).toEqual([]);
  });

  it.each([
    ['garbage', 'v=0 garbage'],
    ['no video', 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'],
  ])('does not hold a place for %s', async (_, sdp) => {
    open(1);
    const signal = new AbortController().signal;
    await expect(registry.offer({ sdp, studio: false, signal })).rejects.toMatchObject({ kind: 'malformed' });
    expect(registry.list()).toEqual([]);
    await offer();
  });

  it('names the avatars there are when it does not know one, and holds no place for it', async () => {
    open(1);
    await expect(offer({ avatar: 'nobody' })).rejects.toThrow(/available: grey/);
    await offer();
  });

  it('opens sessions that nobody watches, on air at once, and counts them', async () => {
    open(1);
    const id = await registry.open({ signal, videoBitrateBps: 200_000 });
    const formats: MediaFormat[] = [];
    await registry.get(id)!.attach({ ...taker, start: async (format) => void formats.push(format) });
    expect(formats[0]!.video).toMatchObject({ codec: 'h264', widthPx: 64, bitrateBps: 200_000 });
    expect(registry.list()).toMatchObject([{ sessionid: id, state: 'idle', peer: 'none', videoCodec: 'h264' }]);
    await expect(registry.open({ signal })).rejects.toMatchObject({ kind: 'limit' });
    for (let i = 0; i < 500 && registry.list()[0]!.picturesSent < 5; i++) await sleep(10);
    expect(registry.list()[0]!.picturesSent).toBeGreaterThanOrEqual(5);
    await registry.close(id, 'by request');
    expect(registry.list()).toEqual([]);
  });

  it('closes one that is of no use any more, and neither those in use nor those that begin with the server', async () => {
    open(3, 700);
    await registry.launch(0);
    const used = await registry.open({ signal });
    const detach = await registry.get(used)!.attach({ ...taker });
    const unused = await registry.open({ signal });
    for (let i = 0; i < 500 && registry.get(unused); i++) await sleep(10);
    expect(registry.list().map(({ sessionid }) => sessionid)).toEqual([0, used]);
    await detach();
    for (let i = 0; i < 500 && registry.get(used); i++) await sleep(10);
    expect(registry.list().map(({ sessionid }) => sessionid)).toEqual([0]);
  });

  it('leaves nothing behind when one could not be recorded, or whoever asked for it went away', async () => {
    open(1);
    await expect(registry.open({ signal, record: true })).rejects.toThrow('keeps no recordings');
    expect(registry.list()).toEqual([]);
    const gone = new AbortController();
    const opening = registry.open({ signal: gone.signal });
    gone.abort();
    await expect(opening).rejects.toThrow('cancelled');
    expect(registry.list()).toEqual([]);
  });

  it('stops waiting for a place when its client hangs up', async () => {
    open(1);
    await offer();
    const hangUp = new AbortController();
    setTimeout(() => hangUp.abort(), 300);
    await expect(offer({ signal: hangUp.signal })).rejects.toThrow(/cancelled/);
  });
});
