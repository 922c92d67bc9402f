import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startLlmServer, toolCalls } from '../../../../testing/llm-server';
import { RtpViewer } from '../../../../testing/viewer';
import type { SessionEvent } from '../../../shared/protocol';
import { defaultSettings } from '../../../shared/settings';
import type { PcmChunk } from '../audio/frame';
import type { Performance } from '../avatar/actions';
import type { Avatar } from '../avatar/avatar';
import { createLlm } from '../llm/create';
import { Conversation } from '../llm/history';
import { createLogger } from '../log';
import { LatencyLedger } from '../metrics/latency';
import { counts } from '../metrics/native';
import type { Mouth } from '../mouth/mouth';
import { normaliseOffer } from '../outputs/webrtc/offer';
import { Peer } from '../outputs/webrtc/peer';
import { ProviderError } from '../provider-error';
import type { Tts } from '../tts/tts';
import { Session, type SessionParts, type SessionServices } from './session';

const SIZE_PX = 64;
const RATE_HZ = 22_050;

function avatar(onRelease: () => void): Avatar {
  const picture = { widthPx: SIZE_PX, heightPx: SIZE_PX, data: new Uint8Array((SIZE_PX * SIZE_PX * 3) / 2).fill(90) };
  return {
    id: 'grey',
    name: { en: 'Grey' },
    widthPx: SIZE_PX,
    heightPx: SIZE_PX,
    pictureCount: 5,
    stillIndex: 0,
    indexAt: (position) => position % 5,
    faceBox: () => ({ xPx: 16, yPx: 16, widthPx: 32, heightPx: 32 }),
    picture: async () => picture,
    pictureNow: () => picture,
    release: onRelease,
  };
}

/** A tone as long as the text has characters, 20 ms each; "fail" fails, "stall" waits for the signal. */
const tone: Tts = {
  name: 'tone',
  async *stream(sentence, { signal }): AsyncIterable<PcmChunk> {
    if (sentence.includes('fail')) throw new Error('the tone generator is out of tune');
    if (sentence.includes('gone')) {
      throw new ProviderError({ part: 'voice', provider: 'tone', reason: 'it is gone', remedy: 'Call it back.' });
    }
    if (sentence.includes('stall'))
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    for (let i = 0; i < sentence.length && !signal.aborted; i++) {
      const samples = new Float32Array(RATE_HZ / 50).map(
        (_, k) => 0.3 * Math.sin((2 * Math.PI * 440 * (k + i * 441)) / RATE_HZ),
      );
      yield { samples, sampleRateHz: RATE_HZ };
    }
  },
  close: async () => {},
};

const mouthless: Mouth = {
  windowStartMs: -37.5,
  status: () => ({ model: 'none', provider: 'none', faceSizePx: 0, warmPictureMs: 0, state: 'ready', restarts: 0 }),
  ready: async () => {},
  infer: async () => undefined,
  prepare: () => {},
  close: async () => {},
};

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

const open: { session: Session; viewer: RtpViewer }[] = [];

async function connect(
  codec: 'H264' | 'VP8' = 'H264',
  changes: Partial<SessionServices> = {},
  more: Partial<SessionParts> = {},
) {
  const released = { count: 0 };
  const { viewer, sdp } = await RtpViewer.offer(codec);
  const { peer, answer } = await Peer.negotiate(normaliseOffer(sdp), {
    iceServers: [],
    signal: new AbortController().signal,
  });
  const closed: string[] = [];
  const parts = { id: 123_456, avatar: avatar(() => released.count++), peer, studio: false, ...more };
  const session = new Session(parts, { ...services, ...changes }, (_, reason) => closed.push(reason));
  const events: SessionEvent[] = [];
  session.subscribe((event) => events.push(event));
  open.push({ session, viewer });
  await viewer.accept(answer);
  await until(() => viewer.video.packets.length > 0);
  return { session, viewer, peer, answer, events, closed, released };
}

async function until(test: () => boolean, limitMs = 10_000): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited >= limitMs) throw new Error('waited in vain');
    await sleep(10);
  }
}

const steps = (stamps: number[]) => [...new Set(stamps.slice(1).map((t, i) => (t - stamps[i]!) >>> 0))];

afterEach(async () => {
  for (const { session, viewer } of open.splice(0)) {
    await session.close('test over');
    await viewer.close();
  }
  expect(Object.values(counts()).filter((alive) => alive !== 0)).toEqual([]);
});

describe('Session to a WebRTC viewer', () => {
  it('sends RTP without gaps and sender reports that map both streams to one clock within a millisecond', async () => {
    const { viewer } = await connect();
    await until(() => viewer.video.reports.length >= 3 && viewer.audio.reports.length >= 3);
    const pictures = [...new Set(viewer.video.packets.map((p) => p.timestamp))];
    expect(steps(pictures)).toEqual([3_600]);
    expect(steps(viewer.audio.packets.map((p) => p.timestamp))).toEqual([960]);
    for (const { packets } of [viewer.video, viewer.audio]) {
      const first = packets[0]!.sequenceNumber;
      expect(packets.map((p) => (p.sequenceNumber - first) & 0xffff)).toEqual(packets.map((_, i) => i));
    }
    // Where do the reports put the first picture and the first frame? Both carry pts 0.
    const at = ({ reports, packets }: typeof viewer.video, rate: number) =>
      reports.map((r) => r.unixMs - (((r.rtpTimestamp - packets[0]!.timestamp) | 0) / rate) * 1_000);
    const origins = [...at(viewer.video, 90_000), ...at(viewer.audio, 48_000)];
    expect(Math.max(...origins) - Math.min(...origins)).toBeLessThan(1);
  });

  it('starts with a keyframe led by its parameter sets', async () => {
    const { viewer } = await connect();
    const types = viewer.video.packets.slice(0, 3).map((p) => p.payload[0]! & 0x1f);
    expect(types.slice(0, 2)).toEqual([7, 8]);
    expect([5, 6, 28]).toContain(types[2]);
  });

  it('serves VP8 where the offer has no H.264', async () => {
    const { viewer, session } = await connect('VP8');
    expect(session.summary.videoCodec).toBe('vp8');
    expect(viewer.video.packets[0]!.payload[0]! & 0x10).toBe(0x10);
  });

  it('answers PLI and FIR with a keyframe', async () => {
    const { viewer, session } = await connect();
    for (const request of ['pli', 'fir'] as const) {
      await sleep(500); // keyframes are rate-limited
      const seen = viewer.video.packets.length;
      await viewer.requestKeyframe(request);
      await until(() => viewer.video.packets.slice(seen).some((p) => (p.payload[0]! & 0x1f) === 7), 2_000);
    }
    expect(session.figures()).toMatchObject({ pli: 1, fir: 1 });
  });

  it('puts both tracks into one stream, which browsers need to sync them', async () => {
    const { answer } = await connect();
    expect([...answer.matchAll(/^a=msid:(\S+) /gm)].map((m) => m[1])).toEqual(['herald', 'herald']);
  });

  it('speaks: events in order, sound as long as the voice made it, then idle', async () => {
    const { session, events } = await connect();
    session.say('Twenty characters ok', { interrupt: false });
    expect(session.isSpeaking).toBe(true);
    await until(() => !session.isSpeaking);
    expect(events.map((e) => e.status)).toEqual(['turn', 'start', 'end', 'latency']);
    // 20 x 20 ms of sound and four pictures in which the mouth comes to rest.
    expect(session.figures().underruns).toBe(0);
  });

  it('interrupts at once and ends the turn exactly once', async () => {
    const { session, events } = await connect();
    session.say('a sentence that is long enough to be interrupted in the middle of it', { interrupt: false });
    session.say('and one that waits behind it', { interrupt: false });
    await until(() => events.some((e) => e.status === 'start'));
    session.interrupt();
    expect(session.isSpeaking).toBe(false);
    await sleep(300);
    const statuses = events.map((e) => e.status).filter((status) => status !== 'latency');
    expect(statuses).toEqual(['turn', 'start', 'end', 'interrupted', 'interrupted']);
    expect(events[2]).toMatchObject({ interrupted: true });
    expect(events.filter((e) => e.status === 'latency' && e.interruptToSilenceMs !== undefined)).toHaveLength(1);
    session.say('It still speaks', { interrupt: true });
    await until(() => events.at(-1)?.status === 'latency' && !session.isSpeaking);
  });

  it('reports a voice that fails and goes on with the next turn', async () => {
    const { session, events } = await connect();
    session.say('this will fail', { interrupt: false });
    session.say('this works', { interrupt: false });
    await until(() => !session.isSpeaking);
    const part = events.find((e) => e.status === 'error');
    expect(part).toMatchObject({ part: 'voice', message: expect.stringContaining('out of tune') });
    expect(events.filter((e) => e.status === 'end').map((e) => e.text)).toEqual(['this works']);
  });

  it('gives the next line to the voice while this one is heard, and nobody hears of it before', async () => {
    const asked: { line: string; heard: (string | undefined)[] }[] = [];
    const statuses = () => events.filter((e) => 'turn' in e && e.turn === 2).map((e) => e.status);
    const tts: Tts = {
      ...tone,
      stream: (line, options) => {
        asked.push({ line, heard: [...statuses(), events.some((e) => e.status === 'end') ? 'one ended' : undefined] });
        return tone.stream(line, options);
      },
    };
    const { session, events } = await connect('H264', { tts });
    session.say('this is the first line', { interrupt: false });
    session.say('and the second', { interrupt: false });
    await until(() => !session.isSpeaking);
    expect(asked.map(({ line }) => line)).toEqual(['this is the first line', 'and the second']);
    expect(asked[1]!.heard).toEqual([undefined]);
    expect(statuses()).toEqual(['turn', 'start', 'end', 'latency']);
  });

  it('performs what the model calls for, after the sentence that announces it', async () => {
    const said = toolCalls('Here is the guzheng.', ['perform', '{"audiotype":2}']);
    const server = await startLlmServer({ script: said });
    const made = createLlm({ ...defaultSettings(), llm_base_url: server.url, llm_model: 'scripted' });
    const guzheng: Performance = {
      audiotype: 2,
      name: 'Guzheng',
      loop: false,
      async *steps({ widthPx, heightPx }) {
        const picture = { widthPx, heightPx, data: new Uint8Array((widthPx * heightPx * 3) / 2) };
        for (let i = 0; i < 5; i++) yield { picture, samples: new Float32Array(1_920), first: i === 0 };
      },
    };
    const newConversation = () => new Conversation({ historyTokens: 0 });
    const { session, events } = await connect(
      'H264',
      { chat: { ...made, rules: [], newConversation } },
      { performances: [guzheng] },
    );
    session.chat('Play something', { interrupt: false });
    await until(() => events.filter((e) => e.status === 'mode').length === 2);
    await server.close();
    expect(events.filter((e) => e.status === 'error')).toEqual([]);
    const order = events.filter(({ status }) => ['start', 'end', 'mode'].includes(status));
    expect(order).toMatchObject([
      { status: 'start', text: 'Here is the guzheng.' },
      { status: 'end' },
      { status: 'mode', audiotype: 2 },
      { status: 'mode', audiotype: 1 },
    ]);
    expect(JSON.stringify(server.requests[0]!.body.tools)).toContain('2 = Guzheng');
  });

  it('logs as a warning only what nobody has logged before: the voices log their own faults', async () => {
    let logged = '';
    const write = (text: string) => void (logged += text);
    const { session, events } = await connect('H264', {
      log: createLogger('debug', { out: { write }, err: { write } }),
    });
    session.say('it is gone', { interrupt: false });
    session.say('this will fail', { interrupt: false });
    await until(() => !session.isSpeaking);
    expect(events.filter((e) => e.status === 'error')).toMatchObject([{ remedy: 'Call it back.' }, { part: 'voice' }]);
    expect(logged).toMatch(/debug voice: tone: it is gone. Call it back./);
    expect(logged).toMatch(/warn {2}voice: the tone generator is out of tune/);
    expect(logged.match(/warn/g)).toHaveLength(1);
  });

  it('interrupts a voice that does not answer', async () => {
    const { session } = await connect();
    session.say('stall', { interrupt: false });
    await sleep(50);
    session.interrupt();
    session.say('ok', { interrupt: false });
    await until(() => !session.isSpeaking, 3_000);
  });

  it('bounds its queue with a message that says what to do', async () => {
    const { session } = await connect();
    session.say('stall', { interrupt: false });
    await until(() => session.summary.queuedTurns === 0); // it is on, 32 more may wait
    for (let i = 0; i < 32; i++) session.say('stall', { interrupt: false });
    expect(() => session.say('one more', { interrupt: false })).toThrow(/already waiting/);
  });

  it('switches modes, harmlessly twice, and names the ones it knows', async () => {
    const { session, events } = await connect();
    session.setMode(1, { reinit: false });
    session.setMode(1, { reinit: false });
    session.setMode(0, { reinit: false });
    expect(events.map((e) => (e.status === 'mode' ? e.audiotype : e.status))).toEqual([1, 0]);
    expect(() => session.setMode(7, { reinit: true })).toThrow(/known: 0 \(live\), 1 \(still\)/);
  });

  it('notices the silence of a viewer that is gone, and closes everything once', async () => {
    const { session, viewer, peer, closed, released, events } = await connect();
    session.say('a sentence that is long enough to be cut off by the viewer leaving in its middle', {
      interrupt: false,
    });
    await until(() => events.some((e) => e.status === 'start'));
    expect(peer.silentForMs()).toBeLessThan(2_500);
    await viewer.close();
    await until(() => peer.silentForMs() > 2_500);
    await Promise.all([session.close('viewer gone'), session.close('again')]);
    expect(closed).toEqual(['viewer gone']);
    expect(released.count).toBe(1);
    expect(events.at(-1)).toEqual({ status: 'closed', reason: 'viewer gone' });
  });
});
